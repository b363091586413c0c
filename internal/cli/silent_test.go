package cli

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// silent is an AWS that takes a call and does not answer it: it prints its address, and
// leaves the file "called" once there was a call. It ends after two minutes.
func silent() int {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("http://" + listener.Addr().String())
	time.AfterFunc(2*time.Minute, func() { os.Exit(1) })
	_ = http.Serve(listener, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = os.WriteFile("called", nil, 0o600) // where it fails, the script waits in vain and says so
		<-r.Context().Done()
	}))
	return 0
}
