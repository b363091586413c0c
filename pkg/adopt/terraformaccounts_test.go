package adopt

import "testing"

// TestSameAccess: of several providers of one AWS account always the same says how it is reached.
func TestSameAccess(t *testing.T) {
	t.Parallel()
	const plan = `{"format_version":"1.2","planned_values":{"root_module":{}},"configuration":{"provider_config":{
"aws.a":{"expressions":{"allowed_account_ids":{"constant_value":["444455556666"]},"profile":{"constant_value":"first"}}},
"aws.b":{"expressions":{"allowed_account_ids":{"constant_value":["444455556666"]},"profile":{"constant_value":"second"}}},
"aws.c":{"expressions":{"allowed_account_ids":{"constant_value":["444455556666"]},"profile":{"constant_value":"third"}}}}}}`
	for range 50 {
		s, err := Terraform("plan.json", []byte(plan))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Access["444455556666"].Profile; got != "third" {
			t.Fatalf("it is reached by %q", got)
		}
	}
}
