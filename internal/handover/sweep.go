package handover

import (
	"os"
	"path/filepath"
	"regexp"
	"sync"
)

// runPrefix is what the name of a Folder begins with.
const runPrefix = "helm-irsa-run-"

// runText is such a name: os.MkdirTemp adds digits.
var runText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^` + runPrefix + `[0-9]+$`) })

// sweep removes the folders of runs that were killed. It touches nothing but a folder of
// that name that is this user's own and for nobody else to write to, follows no link,
// and removes from it only the files that a run makes, once it has the lock that the run
// held: so the run has ended. What cannot be removed, or looked at, stays.
func sweep(tmp string) {
	entries, err := os.ReadDir(tmp)
	if err != nil {
		return
	}
	for _, e := range entries {
		if runText().MatchString(e.Name()) && e.IsDir() {
			sweepFolder(filepath.Join(tmp, e.Name()))
		}
	}
}

func sweepFolder(dir string) {
	root, err := os.OpenRoot(dir) // from here on it is this folder, whatever is put in its place
	if err != nil {
		return
	}
	defer root.Close()
	info, err := root.Stat(".")
	if err != nil || !isOwn(info) {
		return
	}
	lock, err := openLock(root, lockName)
	if err != nil { // that of a run that was killed before it had one is empty
		_ = os.Remove(dir)
		return
	}
	defer lock.Close()
	if lockFile(lock) != nil { // the run is alive
		return
	}
	for _, name := range []string{socketName, lockName} {
		_ = root.Remove(name) // where there is none
	}
	_ = os.Remove(dir) // only where nothing else is in it
}
