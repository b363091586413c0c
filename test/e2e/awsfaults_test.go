package e2e

import (
	"net"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/helm-irsa/helm-irsa/internal/localaws"
)

// after does something once AWS has acted on an operation for the first time, before the
// answer leaves. An upgrade to another role of the chart gated ends with AttachRolePolicy
// before Helm is run.
func (w *world) after(operation string, do func()) {
	var once sync.Once
	w.aws.SetFaults(localaws.Faults{After: func(c localaws.Call) {
		if c.Operation == operation {
			once.Do(do)
		}
	}})
}

// lastWrite is the last operation before Helm is run, where a service account gets
// another role.
const lastWrite = "AttachRolePolicy"

// leaveAWS takes AWS away. It comes back when nobody can connect any more; the call that
// it was made in is still answered.
func (w *world) leaveAWS() {
	server, address := w.aws, strings.TrimPrefix(w.aws.URL(), "http://")
	go func() { _ = server.Close() }()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		connection, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		connection.Close()
	}
	w.Error("waited a minute for AWS to be gone")
}

// returnAWS brings it back as it was, at another address.
func (w *world) returnAWS() {
	w.Helper()
	file := filepath.Join(w.TempDir(), "aws.json")
	w.no(w.aws.Save(file))
	server, err := localaws.New(localaws.Options{Account: home, StateFile: file})
	w.no(err)
	w.no(server.Start())
	w.Cleanup(func() { _ = server.Close() })
	w.aws = server
	w.env = append(w.env, "AWS_ENDPOINT_URL="+server.URL()) // the last of a name counts
}
