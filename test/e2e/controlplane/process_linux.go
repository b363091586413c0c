package controlplane

import (
	"os/exec"
	"syscall"
)

// endWithParent has a process killed when the parent ends, however that ends. Of the
// signals for the parent's terminal it gets none: the parent decides when it stops.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
