package adopt_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// planOf is what `terraform show -json` would print of a plan for a configuration where there
// is nothing yet. HashiCorp's own reader of HCL evaluates it, since no AWS provider can run
// here; test/exports and TestTerraformSays hold the configuration against the real Terraform.
// What AWS gives is not known: ARNs, IDs.
func planOf(t *testing.T, config []byte) []byte {
	t.Helper()
	file, diags := hclsyntax.ParseConfig(config, "irsa.tf", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%v\n%s", diags, config)
	}
	p := &planning{t: t, resources: map[string]map[string]cty.Value{}, locals: map[string]cty.Value{}}
	body := file.Body.(*hclsyntax.Body)
	providers := map[string]any{}
	for _, b := range body.Blocks {
		switch b.Type {
		case "provider":
			key := "aws"
			if a := b.Body.Attributes["alias"]; a != nil {
				key += "." + p.value(a.Expr, nil).AsString()
			}
			expressions := map[string]any{}
			for name, a := range b.Body.Attributes {
				expressions[name] = map[string]any{"constant_value": p.data(p.value(a.Expr, nil))}
			}
			for _, inner := range b.Body.Blocks {
				expressions[inner.Type] = []any{map[string]any{"role_arn": map[string]any{"constant_value": p.data(p.value(inner.Body.Attributes["role_arn"].Expr, nil))}}}
			}
			providers[key] = map[string]any{"expressions": expressions}
		case "locals":
			for name, a := range b.Body.Attributes {
				p.locals[name] = p.value(a.Expr, nil)
			}
		case "resource":
			p.declare(b)
		}
	}
	for _, b := range body.Blocks {
		if b.Type == "resource" {
			p.resource(b)
		}
	}
	out, err := json.Marshal(map[string]any{
		"format_version": "1.2", "terraform_version": "1.11.4",
		"planned_values": map[string]any{"root_module": map[string]any{"resources": p.planned}},
		"configuration":  map[string]any{"provider_config": providers, "root_module": map[string]any{"resources": p.configured}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type planning struct {
	t         *testing.T
	resources map[string]map[string]cty.Value // by type and name
	locals    map[string]cty.Value
	planned   []any
	// configured are the resources of the configuration.
	configured []any
}

// unknown are the attributes that only AWS gives.
var unknown = map[string]cty.Value{"arn": cty.UnknownVal(cty.String), "id": cty.UnknownVal(cty.String)}

// declare makes a resource known to others: by its literal attributes, and those of AWS.
func (p *planning) declare(b *hclsyntax.Block) {
	kind, name := b.Labels[0], b.Labels[1]
	if p.resources[kind] == nil {
		p.resources[kind] = map[string]cty.Value{}
	}
	values := map[string]cty.Value{"policy_arn": cty.UnknownVal(cty.String)}
	for name, v := range unknown {
		values[name] = v
	}
	if a := b.Body.Attributes["name"]; a != nil {
		values["name"] = p.value(a.Expr, nil)
	}
	one := cty.ObjectVal(values)
	if b.Body.Attributes["for_each"] != nil {
		one = cty.MapVal(map[string]cty.Value{"x": one}) // only iterated over
	}
	p.resources[kind][name] = one
}

func (p *planning) context(each *cty.Value, key string) *hcl.EvalContext {
	vars := map[string]cty.Value{"var": cty.ObjectVal(map[string]cty.Value{"roles_exist": cty.True})}
	if len(p.locals) > 0 {
		vars["local"] = cty.ObjectVal(p.locals)
	}
	for kind, named := range p.resources {
		vars[kind] = cty.ObjectVal(named)
	}
	if each != nil {
		vars["each"] = cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal(key), "value": *each})
	}
	return &hcl.EvalContext{Variables: vars}
}

func (p *planning) value(e hcl.Expression, ctx *hcl.EvalContext) cty.Value {
	p.t.Helper()
	if ctx == nil {
		ctx = p.context(nil, "")
	}
	v, diags := e.Value(ctx)
	if diags.HasErrors() {
		p.t.Fatal(diags)
	}
	return v
}

// data is a value as JSON has it. It must be known.
func (p *planning) data(v cty.Value) json.RawMessage {
	p.t.Helper()
	out, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

func (p *planning) resource(b *hclsyntax.Block) {
	kind, name := b.Labels[0], b.Labels[1]
	address := kind + "." + name
	expressions := map[string]any{}
	configured := map[string]any{"address": address, "mode": "managed", "type": kind, "name": name, "expressions": expressions, "provider_config_key": "aws"}
	for attribute, a := range b.Body.Attributes {
		switch attribute {
		case "provider":
			configured["provider_config_key"] = traversal(a.Expr.Variables()[0])
		case "for_each":
			configured["for_each_expression"] = map[string]any{"references": references(a.Expr)}
		case "depends_on":
		default:
			expressions[attribute] = map[string]any{"references": references(a.Expr)}
		}
	}
	p.configured = append(p.configured, configured)
	if each := b.Body.Attributes["for_each"]; each != nil {
		for it := p.value(each.Expr, nil).ElementIterator(); it.Next(); {
			key, value := it.Element()
			p.instance(b, address+fmt.Sprintf("[%q]", key.AsString()), key.AsString(), p.context(&value, key.AsString()))
		}
		return
	}
	p.instance(b, address, "", p.context(nil, ""))
}

func (p *planning) instance(b *hclsyntax.Block, address, key string, ctx *hcl.EvalContext) {
	values := map[string]any{}
	for attribute, a := range b.Body.Attributes {
		if slices.Contains([]string{"provider", "for_each", "depends_on"}, attribute) {
			continue
		}
		if v := p.value(a.Expr, ctx); v.IsWhollyKnown() {
			values[attribute] = p.data(v)
		}
	}
	one := map[string]any{"address": address, "mode": "managed", "type": b.Labels[0], "name": b.Labels[1], "values": values, "sensitive_values": map[string]any{}}
	if key != "" {
		one["index"] = key
	}
	p.planned = append(p.planned, one)
}

func references(e hcl.Expression) []string {
	var out []string
	for _, v := range e.Variables() {
		full := traversal(v)
		out = append(out, full)
		if parts := strings.Split(full, "."); len(parts) > 2 {
			out = append(out, strings.Join(parts[:2], "."))
		}
	}
	return out
}

func traversal(t hcl.Traversal) string {
	var parts []string
	for _, step := range t {
		switch s := step.(type) {
		case hcl.TraverseRoot:
			parts = append(parts, s.Name)
		case hcl.TraverseAttr:
			parts = append(parts, s.Name)
		}
	}
	return strings.Join(parts, ".")
}
