package webhook

import (
	registration "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Configuration registers a webhook as EKS does: by a URL with https, whose certificate
// is checked with caBundle (PEM). What EKS registers is in
// https://repost.aws/knowledge-center/eks-troubleshoot-irsa-errors; the label by which a
// pod opts out in deploy/mutatingwebhook.yaml of the real webhook and, since
// https://github.com/aws/amazon-eks-pod-identity-webhook/pull/216, on EKS; the rest
// are the API server's defaults.
//
// One thing differs: EKS says v1beta1 where this prefers v1, which the real webhook
// answers too.
func Configuration(url string, caBundle []byte) *registration.MutatingWebhookConfiguration {
	return &registration.MutatingWebhookConfiguration{
		TypeMeta:   metav1.TypeMeta{APIVersion: registration.SchemeGroupVersion.String(), Kind: "MutatingWebhookConfiguration"},
		ObjectMeta: metav1.ObjectMeta{Name: "pod-identity-webhook"},
		Webhooks: []registration.MutatingWebhook{{
			Name:         "iam-for-pods.amazonaws.com",
			ClientConfig: registration.WebhookClientConfig{URL: &url, CABundle: caBundle},
			Rules: []registration.RuleWithOperations{{
				Operations: []registration.OperationType{registration.Create},
				Rule:       registration.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}, Scope: new(registration.AllScopes)},
			}},
			FailurePolicy:     new(registration.Ignore),
			MatchPolicy:       new(registration.Equivalent),
			NamespaceSelector: &metav1.LabelSelector{},
			ObjectSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
				{Key: prefix + "skip-pod-identity-webhook", Operator: metav1.LabelSelectorOpDoesNotExist},
			}},
			SideEffects:             new(registration.SideEffectClassNone),
			TimeoutSeconds:          new(int32(10)),
			AdmissionReviewVersions: []string{"v1", "v1beta1"},
			ReinvocationPolicy:      new(registration.IfNeededReinvocationPolicy),
		}},
	}
}
