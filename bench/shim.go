package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helm-irsa/helm-irsa/test/moto"
)

// findAWS is the AWS CLI as the words of a command. A version manager's shim is a shell
// script that looks for the version and then becomes it (exec), which takes a good
// part of a second: where `aws` is one, it is what it becomes, so that the comparison
// is with the AWS CLI alone.
func findAWS() ([]string, error) {
	path, err := exec.LookPath("aws")
	if err != nil {
		return nil, err
	}
	if !isShellScript(path) {
		return []string{path}, nil
	}
	command, err := becomes(path)
	if err != nil {
		return nil, fmt.Errorf("finding what %s runs: %w", path, err)
	}
	for _, word := range command {
		if strings.ContainsAny(word, " \t*?[") {
			return nil, fmt.Errorf("%s runs %q, which the script cannot call without quotes", path, command)
		}
	}
	return command, nil
}

// awsVersion is what the AWS CLI says of itself, to the first blank; empty where there is none.
func awsVersion() string {
	command, err := findAWS()
	if err != nil {
		return ""
	}
	text, err := output("", command[0], append(command[1:], "--version")...)
	if err != nil {
		return ""
	}
	version, _, _ := strings.Cut(text, " ")
	return version
}

func isShellScript(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	line, _, _ := bufio.NewReader(file).ReadLine()
	interpreter := strings.Fields(strings.TrimPrefix(string(line), "#!"))
	if !bytes.HasPrefix(line, []byte("#!")) || len(interpreter) == 0 {
		return false
	}
	name := interpreter[0]
	if filepath.Base(name) == "env" {
		name = interpreter[len(interpreter)-1]
	}
	return slices.Contains([]string{"sh", "bash", "dash", "zsh", "ksh"}, filepath.Base(name))
}

// becomes starts the shim with a call to an endpoint of ours that answers nothing, and
// looks at the process that the shim has become once it calls.
func becomes(shim string) ([]string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	args := []string{"sts", "get-caller-identity"}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, shim, args...)
	cmd.Env = append(moto.WithoutAWS(os.Environ()), "AWS_ENDPOINT_URL=http://"+listener.Addr().String(), "AWS_ACCESS_KEY_ID="+benchKey,
		"AWS_SECRET_ACCESS_KEY=no-secret", "AWS_REGION="+benchRegion, "AWS_DEFAULT_REGION="+benchRegion, "AWS_CONFIG_FILE="+os.DevNull)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	called := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			defer conn.Close()
		}
		called <- err
		<-ctx.Done()
	}()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err = <-called:
	case err = <-ended:
		return nil, fmt.Errorf("it made no call: %w", errors.Join(err, ctx.Err()))
	}
	line := commandLine(cmd.Process.Pid)
	cancel()
	<-ended
	if err != nil {
		return nil, err
	}
	return withoutArgs(line, args)
}

// commandLine is that of a process: from /proc, or where there is none, from ps.
func commandLine(pid int) []string {
	if text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline"); err == nil {
		return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
	}
	text, err := output("", "ps", "-o", "args=", "-p", strconv.Itoa(pid))
	if err != nil {
		return nil
	}
	return strings.Fields(text)
}

// withoutArgs is what stands before the arguments in a command line.
func withoutArgs(line, args []string) ([]string, error) {
	n := len(line) - len(args)
	if n < 1 || !slices.Equal(line[n:], args) {
		return nil, fmt.Errorf("it became %q", line)
	}
	if isShellScript(line[n-1]) {
		return nil, fmt.Errorf("it runs the AWS CLI as another process")
	}
	return line[:n], nil
}
