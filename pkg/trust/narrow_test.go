package trust

import "testing"

func TestNarrows(t *testing.T) {
	t.Parallel()
	const head, tail = `{"Version":"2012-10-17","Statement":[`, `]}`
	read := `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`
	more := `{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::b/*"}`
	wide := `{"Effect":"Allow","Action":"S3:Get*","Resource":["arn:aws:s3:::b*","arn:aws:s3:::c"]}`
	less := `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/a"}`
	bound := `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}`
	not := `{"Effect":"Allow","NotAction":"s3:PutObject","Resource":"arn:aws:s3:::b/*"}`
	deny := `{"Effect":"Deny","Action":"s3:PutObject","Resource":"*"}`
	denyLess := `{"Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/*"}`
	named := `{"Sid":"A","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/*"}`
	for _, c := range []struct {
		name, before, after string
		want                bool
	}{
		{"the same", read, read, false},
		{"another Sid", read, named, false},
		{"one action more", read, more, false},
		{"one action less", more, read, true},
		{"patterns that cover", read, wide, false},
		{"the patterns gone", wide, read, true},
		{"a smaller resource", read, less, true},
		{"a condition more", read, bound, true},
		{"a condition less", bound, read, true}, // not known, and so counted
		{"what is not about", read, not, true},
		{"a statement more", read, read + "," + less, false},
		{"a statement less", read + "," + more, more, false},
		{"a deny more", read, read + "," + deny, true},
		{"a deny less", read + "," + deny, read, false},
		{"a deny of more", denyLess, deny, true},
		{"a deny of less", deny, denyLess, false},
	} {
		before, err := ParsePermissions(head + c.before + tail)
		if err != nil {
			t.Fatal(c.name, err)
		}
		after, err := ParsePermissions(head + c.after + tail)
		if err != nil {
			t.Fatal(c.name, err)
		}
		if got := Narrows(before, after); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestNarrowsTrust(t *testing.T) {
	t.Parallel()
	trustOf := func(subjects string) Document {
		d, err := Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/i.example"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{"i.example:sub":` + subjects + `}}}]}`)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	one, other, both := trustOf(`"system:serviceaccount:a:x"`), trustOf(`"system:serviceaccount:a:y"`), trustOf(`["system:serviceaccount:a:x","system:serviceaccount:a:y"]`)
	for _, c := range []struct {
		before, after Document
		want          bool
	}{{one, one, false}, {one, both, false}, {both, one, true}, {one, other, true}} {
		if got := Narrows(c.before, c.after); got != c.want {
			t.Errorf("from %s to %s: got %v", c.before.Text(), c.after.Text(), got)
		}
	}
}
