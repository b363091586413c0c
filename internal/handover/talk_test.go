package handover

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestTalk goes through a hand-over from both sides, on every system: the word that is said, what
// comes across, and what one side sees where the other ends.
func TestTalk(t *testing.T) {
	t.Parallel()
	manifests := bytes.Repeat([]byte("kind: ConfigMap\n"), 200_000) // more than a socket holds
	facts := Facts{Name: "prod", Values: map[string]string{"env.TEAM": "shop"}}
	for name, tt := range map[string]struct {
		// wrapper is helm irsa's side, from the rendering on; it ends the visit.
		wrapper func(*testing.T, *Visit)
		want    func(error) bool
	}{
		"yes": {func(t *testing.T, v *Visit) {
			got, err := v.Rendered()
			if err != nil || !bytes.Equal(got.Manifests, manifests) || string(got.Report) != `{"ok":true}` {
				t.Errorf("%d bytes of manifests, report %s: %v", len(got.Manifests), got.Report, err)
			}
			if err := v.Yes(); err != nil {
				t.Error(err)
			}
		}, func(err error) bool { return err == nil }},
		"no": {func(t *testing.T, v *Visit) {
			if _, err := v.Rendered(); err != nil {
				t.Error(err)
			}
			if err := v.No(); err != nil {
				t.Error(err)
			}
		}, func(err error) bool { return errors.Is(err, ErrNo) }},
		"helm irsa ends while it waits": {func(t *testing.T, v *Visit) {
			if _, err := v.Rendered(); err != nil {
				t.Error(err)
			}
			if err := v.Close(); err != nil {
				t.Error(err)
			}
		}, func(err error) bool { return err != nil && !errors.Is(err, ErrNo) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := New()
			if err != nil {
				t.Fatal(err)
			}
			word := make(chan error)
			go func() {
				word <- func() error {
					r, err := Dial(f.Address())
					if err != nil {
						return err
					}
					defer r.Close()
					got, err := r.Facts()
					if err != nil || got.Values["env.TEAM"] != "shop" || got.Name != "prod" {
						return errors.Join(err, errors.New("the facts are others"))
					}
					if err := r.Give([]byte(`{"ok":true}`), func(w io.Writer) error { _, err := w.Write(manifests); return err }); err != nil {
						return err
					}
					return r.Wait()
				}()
			}()
			v := <-f.Visits()
			if err := v.Tell(facts); err != nil {
				t.Error(err)
			}
			tt.wrapper(t, v)
			if err := <-word; !tt.want(err) {
				t.Errorf("the post-renderer hears %v", err)
			}
			f.Close()
			if _, err := os.Lstat(filepath.Dir(f.Address())); !os.IsNotExist(err) {
				t.Errorf("its folder is left: %v", err)
			}
		})
	}
}

// TestRendererEnds: helm irsa hears that a post-renderer has ended, and of none that comes after.
func TestRendererEnds(t *testing.T) {
	t.Parallel()
	f, err := New()
	if err != nil {
		t.Fatal(err)
	}
	r, err := Dial(f.Address())
	if err != nil {
		t.Fatal(err)
	}
	v := <-f.Visits()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Rendered(); err == nil {
		t.Error("a post-renderer that has ended handed something over")
	}
	address := f.Address()
	f.Close()
	if _, err := Dial(address); err == nil {
		t.Error("a folder that was closed was reached")
	}
	if _, open := <-f.Visits(); open {
		t.Error("somebody comes to a folder that was closed")
	}
}
