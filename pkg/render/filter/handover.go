package filter

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/helm-irsa/helm-irsa/internal/handover"
	"github.com/helm-irsa/helm-irsa/pkg/render"
)

// handOver renders for helm irsa, which had Helm start this program: what was rendered goes
// there first, and to standard output only where helm irsa says yes. Faults are helm irsa's to
// say, so that they stand on the terminal once, whatever Helm makes of a post-renderer's words.
func (p Program) handOver(f flags) error {
	to, err := handover.Dial(f.handOver)
	if err != nil {
		return err
	}
	defer to.Close()
	facts, err := to.Facts()
	if err != nil {
		return err
	}
	widen(p.Stdin)
	widen(p.Stdout)
	result := &render.Result{}
	r, err := f.renderer(p.handed(f, facts))
	if err == nil {
		result, err = r.Render(p.Stdin)
	}
	if err != nil {
		return p.giveUp(to, f, err)
	}
	report, err := json.Marshal(result.Report)
	if err != nil {
		return err
	}
	write := func(w io.Writer) error {
		_, err := result.WriteTo(w)
		return err
	}
	if err := to.Give(report, write); err != nil {
		return err
	}
	if err := to.Wait(); err != nil {
		return err
	}
	return write(p.Stdout)
}

// giveUp hands over why nothing was rendered.
func (p Program) giveUp(to *handover.Renderer, f flags, failed error) error {
	report, err := json.Marshal(render.FailedReport(f.namespace, f.release, failed))
	if err != nil {
		return err
	}
	if err := errors.Join(to.Give(report, nil), to.Wait()); err != nil {
		return err
	}
	return failed // a yes to nothing
}

// GiveUp tells the helm irsa that waits at an address why nothing is rendered, as where a
// post-renderer before this one failed. The error is what still has to be said.
func (p Program) GiveUp(address string, failed error) error {
	to, err := handover.Dial(address)
	if err != nil {
		return failed
	}
	defer to.Close()
	if _, err := to.Facts(); err != nil {
		return err
	}
	return p.giveUp(to, flags{}, failed)
}
