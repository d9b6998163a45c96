package datasource

import (
	"errors"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlator"
)

var (
	errNoUser = errors.New("nobody is signed in: planning and changing needs a Grafana user")
	errRole   = errors.New("your Grafana role may look and not change: ask for the role Editor")
)

// editor answers the login of the user who may write, by the role that Grafana gives in the plugin
// context. What the browser sent has no say in it.
func editor(user *backend.User) (string, error) {
	if user == nil || user.Login == "" {
		return "", errNoUser
	}

	switch user.Role {
	case "Editor", "Admin":
		return user.Login, nil
	default:
		return "", errRole
	}
}

// write lets only editors pass, acts in their name, and drops cached annotations afterwards.
func (d *Datasource) write(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		login, err := editor(backend.UserFromContext(r.Context()))
		if err != nil {
			writeProblem(w, http.StatusForbidden, err.Error())
			return
		}

		// Forgotten even when the call failed: a time-out does not say that nothing happened.
		defer d.annotations.forget()

		next(w, r.WithContext(correlator.OnBehalfOf(r.Context(), login)))
	}
}
