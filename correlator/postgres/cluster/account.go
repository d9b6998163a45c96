package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// serverUser is whom the server runs as when we are root.
const serverUser = "postgres"

// account is the operating-system user that the server runs as.
type account struct {
	name string
	uid  int
	gid  int
	// switched says that it is another user than ours.
	switched bool
}

// serverAccount is ours, unless we are root: PostgreSQL refuses to run as root.
func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		u, err := user.Current()
		if err != nil {
			return account{}, fmt.Errorf("look up the current user (PostgreSQL needs it to have a name): %w", err)
		}
		return account{name: u.Username, uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	u, err := user.Lookup(serverUser)
	if err != nil {
		return account{}, fmt.Errorf("PostgreSQL refuses to run as root, and there is no user %q to run it as: apt-get install postgresql, or start as another user: %w", serverUser, err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2); err != nil {
		return account{}, fmt.Errorf("user %q: %w", serverUser, err)
	}
	return account{name: serverUser, uid: uid, gid: gid, switched: true}, nil
}

// credential is what a child process needs to run as the account, nil when nothing.
func (a account) credential() *syscall.Credential {
	if !a.switched {
		return nil
	}
	return &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
}

// own makes dir, private to the account.
func (a account) own(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if !a.switched {
		return nil
	}
	return os.Chown(dir, a.uid, a.gid)
}

// canEnter says which parent of dir the account may not pass through, before PostgreSQL says less.
func (a account) canEnter(dir string) error {
	if !a.switched {
		return nil
	}
	for {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		if st, ok := info.Sys().(*syscall.Stat_t); ok {
			mode := info.Mode().Perm()
			enter := mode&0o001 != 0 ||
				int(st.Uid) == a.uid && mode&0o100 != 0 ||
				int(st.Gid) == a.gid && mode&0o010 != 0
			if !enter {
				return fmt.Errorf("started as root, PostgreSQL runs as user %q, who may not enter %s: chmod o+x it, choose another data directory, or start as another user", a.name, dir)
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return nil
		}
		dir = parent
	}
}
