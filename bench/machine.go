package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// machine is what a reader needs to know to compare figures; it names no host.
type machine struct {
	cpu, memory, system, goVersion string
	cores                          int
}

// describeMachine asks the system; what it does not say is "unknown".
func describeMachine(goVersion string) machine {
	m := machine{cpu: "unknown", memory: "unknown", system: runtime.GOOS + "/" + runtime.GOARCH, goVersion: goVersion, cores: runtime.NumCPU()}
	if runtime.GOOS == "darwin" {
		m.cpu = or(sysctl("machdep.cpu.brand_string"), m.cpu)
		if bytes, err := strconv.ParseFloat(sysctl("hw.memsize"), 64); err == nil {
			m.memory = fmt.Sprintf("%.0f GB", bytes/1e9)
		}
		return m
	}
	m.cpu = or(field("/proc/cpuinfo", "model name"), m.cpu)
	if kb, err := strconv.ParseFloat(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 64); err == nil {
		m.memory = fmt.Sprintf("%.0f GB", kb*1024/1e9)
	}
	if kernel, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.system += ", kernel " + strings.TrimSpace(string(kernel))
	}
	return m
}

func (m machine) list() string {
	return fmt.Sprintf("- CPU: %s, %d cores\n- Memory: %s\n- System: %s\n- Go: %s\n", m.cpu, m.cores, m.memory, m.system, m.goVersion)
}

// field is the first value of a key in a file of "key : value" lines.
func field(path, key string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func sysctl(name string) string {
	out, err := exec.Command("sysctl", "-n", name).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
