//go:build unix && !linux

package controlplane

import (
	"os/exec"
	"syscall"
)

// endWithParent keeps the signals for the parent's terminal from a process: the parent
// decides when it stops. Only Linux can have it killed with the parent; here the
// processes of a parent that was killed stay.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}
