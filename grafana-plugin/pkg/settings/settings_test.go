package settings_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/settings"
)

const token = "kept-to-itself"

func stored(url, jsonData string) backend.DataSourceInstanceSettings {
	return backend.DataSourceInstanceSettings{
		URL: url, JSONData: []byte(jsonData), DecryptedSecureJSONData: map[string]string{"token": " " + token + "\n"},
	}
}

func TestParse(t *testing.T) {
	t.Parallel()

	got, err := settings.Parse(stored(" https://correlator.example:9480/api/ ", `{"tenant": "acme", "timeoutSeconds": 2.5, "pdcInjected": false}`))
	require.NoError(t, err)
	require.Equal(t, settings.Settings{
		URL: "https://correlator.example:9480/api", Token: token, Tenant: "acme", Timeout: 2500 * time.Millisecond,
	}, got)

	got, err = settings.Parse(stored("http://127.0.0.1:9480", ""))
	require.NoError(t, err)
	require.Equal(t, settings.DefaultTimeout, got.Timeout)
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		url, jsonData, want string
	}{
		"no URL":            {"", `{}`, "no URL: enter the address of the correlator, such as https://correlator.example:9480"},
		"no scheme":         {"correlator:9480", `{}`, "the URL is not of the form http(s)://host:port"},
		"other scheme":      {"ftp://correlator", `{}`, "the URL is not of the form http(s)://host:port"},
		"password":          {"http://a:s3cret@correlator", `{}`, "the URL carries a user or password: the correlator takes a token instead"},
		"broken password":   {"http://a:s3cret%zz@correlator", `{}`, "the URL is not of the form http(s)://host:port"},
		"query":             {"http://correlator?a=b", `{}`, "the URL has a query or a fragment: only scheme, host, port and path are used"},
		"not JSON":          {"http://correlator", `{`, "jsonData: unexpected end of JSON input"},
		"negative time-out": {"http://correlator", `{"timeoutSeconds": -1}`, "a time-out of -1s is not between 0 and 2m0s"},
		"long time-out":     {"http://correlator", `{"timeoutSeconds": 121}`, "a time-out of 2m1s is not between 0 and 2m0s"},
		"token in the open": {
			"http://correlator", `{"token": "kept-to-itself"}`,
			"the token is in jsonData, where others can read it: move it to secureJsonData.token and replace it at the correlator",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			_, err := settings.Parse(stored(test.url, test.jsonData))
			require.ErrorIs(t, err, settings.ErrInvalid)
			require.EqualError(t, err, settings.ErrInvalid.Error()+": "+test.want)
			require.NotContains(t, err.Error(), "s3cret")
			require.NotContains(t, err.Error(), token)
		})
	}

	without := stored("http://correlator", `{}`)
	without.DecryptedSecureJSONData = nil
	_, err := settings.Parse(without)
	require.ErrorContains(t, err, "no token: enter the correlator's token for this tenant")
}

// TestSecretIsMasked prints a secret in every way that a program prints.
func TestSecretIsMasked(t *testing.T) {
	t.Parallel()

	held := struct{ Token settings.Secret }{token}

	asJSON, err := json.Marshal(held)
	require.NoError(t, err)

	asYAML, err := yaml.Marshal(held)
	require.NoError(t, err)

	var logged strings.Builder

	slog.New(slog.NewTextHandler(&logged, nil)).Info("start", "token", held.Token, "settings", held)

	for _, printed := range []string{
		fmt.Sprint(held), fmt.Sprintf("%v %+v %#v %s %q", held, held, held, held.Token, held.Token),
		string(asJSON), string(asYAML), logged.String(),
	} {
		require.NotContains(t, printed, token)
	}

	require.Equal(t, token, held.Token.Reveal())
	require.Empty(t, settings.Secret("").String(), "an empty secret shows that it is empty")
}

func FuzzParse(f *testing.F) {
	f.Add("http://correlator:9480", `{"tenant": "a", "timeoutSeconds": 1}`)
	f.Add("http://a:b@c", `{`)
	f.Fuzz(func(t *testing.T, url, jsonData string) {
		got, err := settings.Parse(stored(url, jsonData))
		if err != nil {
			require.ErrorIs(t, err, settings.ErrInvalid)
			require.NotContains(t, err.Error(), token)

			return
		}

		require.Regexp(t, "^https?://", got.URL)
		require.NotContains(t, got.URL, "@")
		require.Positive(t, got.Timeout)
	})
}
