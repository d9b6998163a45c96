package routersim

import (
	"crypto/md5" //nolint:gosec // the login challenge of RouterOS before 6.43 is MD5
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/ispvisualmonitor/ispvisualmonitor/lab/routersim/internal/config"
)

// users are the logins. Passwords are kept beside the configuration: no print
// shows them.
type users struct {
	passwords map[string]string
	lastLogin map[string]time.Time
	given     []User // by the options: a loaded file cannot take them away
}

func newUsers(store *config.Store, given []User) *users {
	u := &users{passwords: map[string]string{}, lastLogin: map[string]time.Time{}, given: given}
	u.adopt(store)
	return u
}

// adopt takes the passwords out of rows that were just loaded, and puts back
// the users given by the options where the file removed or changed them.
func (u *users) adopt(store *config.Store) {
	t := store.Table("/user")
	for _, row := range t.Rows {
		u.take(row)
	}
	for _, user := range u.given {
		i := slices.IndexFunc(t.Rows, func(r *config.Row) bool { return r.Props["name"] == user.Name })
		if i < 0 {
			store.Place("/user", map[string]string{"name": user.Name})
			i = len(t.Rows) - 1
		}
		t.Rows[i].Props["group"] = u.group(store, user)
		delete(t.Rows[i].Props, "disabled")
		u.passwords[user.Name] = user.Password
	}
}

// take moves a row's password out of it.
func (u *users) take(row *config.Row) {
	if password, ok := row.Props["password"]; ok {
		u.passwords[row.Props["name"]] = password
		delete(row.Props, "password")
	}
}

// group finds or makes the group that has a user's policies.
func (u *users) group(store *config.Store, user User) string {
	if len(user.Policies) == 0 || slices.Contains(user.Policies, "full") {
		return "full"
	}
	name := "sim-" + user.Name
	t := store.Table("/user/group")
	if i := slices.IndexFunc(t.Rows, func(r *config.Row) bool { return r.Props["name"] == name }); i >= 0 {
		t.Rows[i].Props["policy"] = strings.Join(user.Policies, ",")
		return name
	}
	store.Place("/user/group", map[string]string{"name": name, "policy": strings.Join(user.Policies, ",")})
	return name
}

// policies returns what a user may do; ok is false for nobody the router knows.
func (u *users) policies(store *config.Store, name string) (group string, policies map[string]bool, ok bool) {
	t := store.Table("/user")
	for _, row := range t.Rows {
		if row.Props["name"] != name || t.Disabled(row) {
			continue
		}
		group = row.Props["group"]
		policies = map[string]bool{}
		for _, g := range store.Table("/user/group").Rows {
			if g.Props["name"] == group {
				for _, p := range strings.Split(g.Props["policy"], ",") {
					policies[p] = true
				}
			}
		}
		return group, policies, true
	}
	return "", nil, false
}

// knows compares a password.
func (u *users) knows(name, password string) bool {
	return subtle.ConstantTimeCompare([]byte(u.passwords[name]), []byte(password)) == 1
}

// answers checks the response to a challenge: 00 and the MD5, in hex, of a
// zero byte, the password and the challenge.
func (u *users) answers(name, challenge, response string) bool {
	raw, err := hex.DecodeString(challenge)
	if err != nil {
		return false
	}
	sum := md5.Sum(append([]byte("\x00"+u.passwords[name]), raw...)) //nolint:gosec // see the import
	want := "00" + hex.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(response))) == 1
}
