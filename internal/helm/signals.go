package helm

import (
	"os"
	"os/signal"
	"syscall"
)

// EndingSignals are the signals that ask a program to end. A hang-up that this process was
// started to ignore, as by nohup, is not among them: it stays ignored.
func EndingSignals() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

// passSignals lets Helm end itself: install and upgrade answer an interrupt and a
// termination by marking the release as failed (cmd/helm/install.go, runInstall, in Helm 3;
// pkg/cmd/install.go in Helm 4). They know no hang-up, which would end them in the middle of
// a release: it is passed on as a termination. A terminal sends Ctrl-C to Helm as well; Helm
// takes one only. Whoever signals a second time wants the end at once: Helm is killed.
func passSignals(p *os.Process, signals <-chan os.Signal, done <-chan struct{}) {
	asked := false
	for {
		select {
		case s := <-signals:
			switch {
			case asked:
				_ = p.Kill() // fails where Helm has just ended
			case s == syscall.SIGHUP:
				_ = p.Signal(syscall.SIGTERM)
			default:
				// Fails where Helm has just ended, and on Windows, where only the terminal can interrupt.
				_ = p.Signal(s)
			}
			asked = true
		case <-done:
			return
		}
	}
}
