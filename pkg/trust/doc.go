// Package trust knows IAM policies as values. Trust policies of roles it reads
// (Parse), builds, merges, compares, measures, checks, evaluates and explains;
// permission policies, managed and inline, it reads (ParsePermissions), compares,
// measures and checks (CheckPermissions). It uses the standard library only and does
// no input or output.
//
// A Document is its text and what the text says. It never changes: Merge and
// Remove give new ones, in which every statement that is somebody else's has the
// bytes it came with.
//
// Evaluate is for trust policies, and follows the IAM documentation. Where the
// documentation does not say, or what it depends on is not known, the answer is
// Unknown, and never becomes Allow. The checks name what IAM is documented or reported
// to refuse, or its documentation rules out; where neither tells, they let it pass.
//
// Pages that rules are taken from, below https://docs.aws.amazon.com/IAM/latest/UserGuide/:
//
//	reference_policies_grammar.html                            what a policy is made of, and what counts as size
//	reference_policies_elements_principal.html                 who a principal is
//	reference_policies_elements_condition_operators.html       the condition operators
//	reference_policies_elements_action.html                    what an action is
//	reference_policies_elements_resource.html                  what a resource is
//	reference_policies_condition-single-vs-multi-valued-context-keys.html  the set operators
//	reference_policies_variables.html                          policy variables
//	reference_policies_evaluation-logic.html                   allow, deny and what wins
//	reference_policies_iam-condition-keys.html                 which token claim becomes which key
package trust
