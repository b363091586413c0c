package localaws

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/helm-irsa/helm-irsa/pkg/fileio"
)

// state is all that the server knows, in the form in which it is saved.
type state struct {
	Version int // see stateVersion
	// Serial numbers what is made up, so that no ID comes twice.
	Serial      uint64
	Accounts    map[string]*account
	Credentials map[string]*credential // by access key ID
	Issuers     map[string]*issuerKeys // by URL
}

// account is one AWS account.
type account struct {
	ID        string
	Providers map[string]*provider // by ARN
	Policies  map[string]*policy   // by ARN
	Roles     map[string]*role     // by name in lower case, since IAM's names are unique that way
	Clusters  map[string]*cluster  // by region/name
	// AccessJobs are those that GenerateServiceLastAccessedDetails began, by ID.
	AccessJobs map[string]*accessJob `json:",omitempty"`
}

func newState() *state {
	return &state{Version: stateVersion, Accounts: map[string]*account{}, Credentials: map[string]*credential{}, Issuers: map[string]*issuerKeys{}}
}

// account is the one with this ID, made where it is new.
func (s *state) account(id string) *account {
	if s.Accounts[id] == nil {
		s.Accounts[id] = &account{
			ID: id, Providers: map[string]*provider{}, Policies: map[string]*policy{},
			Roles: map[string]*role{}, Clusters: map[string]*cluster{},
		}
	}
	return s.Accounts[id]
}

// Save writes all that the server knows to a file, whole or not at all. It holds
// no secret: of credentials only the access key IDs.
func (s *Server) Save(path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.save(path)
}

func (s *Server) save(path string) error {
	text, err := json.MarshalIndent(s.state, "", "  ")
	if err != nil {
		return fmt.Errorf("saving local AWS to %s: %w", path, err)
	}
	temp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("saving local AWS to %s: %w", path, err)
	}
	_, err = temp.Write(append(text, '\n'))
	if closed := temp.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temp.Name())
		return fmt.Errorf("saving local AWS to %s: %w", path, err)
	}
	return nil
}

// Load replaces all that the server knows by what Save wrote. What Save would not have
// written is an error. It wraps os.ErrNotExist where there is no such file.
func (s *Server) Load(path string) error {
	loaded, err := readState(path)
	if err != nil {
		return fmt.Errorf("loading local AWS from %s: %w", path, fileio.Cause(err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = loaded
	for _, keys := range loaded.Issuers {
		s.give(keys.JWKSURL)
	}
	for _, a := range loaded.Accounts {
		for _, c := range a.Clusters {
			s.give(c.Issuer)
		}
	}
	return nil
}

// now is the time to the second, as AWS tells it.
func (s *Server) now() time.Time { return s.opts.Clock().UTC().Truncate(time.Second) }
