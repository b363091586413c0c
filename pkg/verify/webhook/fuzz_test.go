package webhook

import (
	"encoding/json"
	"testing"
)

// FuzzPredict: nothing panics on any JSON, and the laws hold.
func FuzzPredict(f *testing.F) {
	for i, c := range append(append([]predictCase{}, podCases...), podIdentityCases...) {
		f.Add(c.pod, `{"eks.amazonaws.com/role-arn":"`+ledger+`"}`, byte(i))
	}
	f.Add(`{"metadata":{"labels":[]},"spec":{"serviceAccountName":1,"containers":[null,{"env":[null]}],"volumes":{}}}`, `{}`, byte(255))
	f.Fuzz(func(t *testing.T, podText, annotations string, flags byte) {
		var object, notes map[string]any
		if json.Unmarshal([]byte(podText), &object) != nil || json.Unmarshal([]byte(annotations), &notes) != nil {
			t.Skip()
		}
		meta := map[string]any{"name": "acct", "annotations": notes}
		account, _ := NewAccount(map[string]any{"metadata": meta}, "shop")
		config := Defaults()
		if flags&1 != 0 {
			config = EKS("il-central-1")
		}
		if flags&2 != 0 {
			associated(&config)
		}
		if flags&4 != 0 {
			config.Compose = &Compose{"aws", "444455556666"}
		}
		if flags&8 != 0 {
			config.ConfigMap = map[string]Entry{"*/acct": {RoleARN: ledger}, "shop/": {RoleARN: ledger}}
		}
		if flags&16 != 0 {
			config = Config{PodIdentity: config.PodIdentity}
		}
		laws(t, account, config, object)
		laws(t, account, config, Admitted(object, "shop"))
	})
}

// FuzzParseConfigMap: it is text that people write.
func FuzzParseConfigMap(f *testing.F) {
	f.Add(`{"a/b":{"RoleARN":"r","Audience":"a","UseRegionalSTS":true,"TokenExpiration":7}}`)
	f.Add(`{"a":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := ParseConfigMap(text)
		if err != nil && entries != nil {
			t.Errorf("both %v and %v", entries, err)
		}
	})
}
