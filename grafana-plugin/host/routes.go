package host

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/pluginclient"
)

const (
	// DataSourceUID is the uid of the one data source instance.
	DataSourceUID = "ispvisualmonitor"
	// RoleHeader carries the role that the page acts in. It also keeps other sites out: a browser
	// does not send it across origins without asking first, and the host does not allow it.
	RoleHeader = "X-Pluginhost-Role"

	maxBodyBytes = 1 << 20
)

// bridge passes requests of the page on to the plugin, at the addresses that Grafana has for them.
type bridge struct {
	plugin *pluginclient.Client
}

func routes(plugin *pluginclient.Client, dir string) http.Handler {
	b := bridge{plugin: plugin}
	mux := http.NewServeMux()

	mux.HandleFunc("POST /api/ds/query", b.query)
	mux.HandleFunc("GET /api/datasources/uid/{uid}/health", b.health)
	mux.HandleFunc("/api/datasources/uid/{uid}/resources/{path...}", b.resource)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"message": "the plugin host has no such part of Grafana's API"}`, http.StatusNotFound)
	})

	out := filepath.Join(dir, "host", "out")
	mux.Handle("GET /host/", http.StripPrefix("/host/", http.FileServer(http.Dir(out))))
	mux.Handle("GET /public/build/", http.StripPrefix("/public/build/", http.FileServer(http.Dir(out))))
	mux.Handle("GET /public/plugins/ispvisualmonitor-app/",
		http.StripPrefix("/public/plugins/ispvisualmonitor-app/", frontendOnly(filepath.Join(dir, "dist"))))
	// Every other address is one of the page's own, which its router reads.
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(out, "index.html"))
	})

	return mux
}

// frontendOnly serves what a browser needs of the built plugin, and not its executables.
func frontendOnly(dir string) http.Handler {
	files := http.FileServer(http.Dir(dir))
	served := []string{".js", ".map", ".json", ".svg", ".png", ".md"}

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(served, path.Ext(r.URL.Path)) {
			http.NotFound(w, r)
			return
		}

		files.ServeHTTP(w, r)
	})
}

// as answers the client that acts in the role that the page chose.
func (b bridge) as(r *http.Request) (*pluginclient.Client, error) {
	switch role := r.Header.Get(RoleHeader); role {
	case "Viewer", "Editor", "Admin":
		return b.plugin.As(backend.User{Login: "lab-" + role, Name: "Lab " + role, Role: role}), nil
	default:
		return nil, errors.New("the header " + RoleHeader + " is missing or names no role of Grafana")
	}
}

// query takes what Grafana's frontend sends: queries and a range in milliseconds.
func (b bridge) query(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Queries []json.RawMessage `json:"queries"`
		From    string            `json:"from"`
		To      string            `json:"to"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBodyBytes)).Decode(&asked); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}

	plugin, err := b.as(r)
	if err != nil {
		refuse(w, http.StatusForbidden, err)
		return
	}

	from, errFrom := strconv.ParseInt(asked.From, 10, 64)
	to, errTo := strconv.ParseInt(asked.To, 10, 64)

	if err := errors.Join(errFrom, errTo); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}

	queries := make([]any, len(asked.Queries))
	for i, query := range asked.Queries {
		queries[i] = query
	}

	answer, err := plugin.QueryData(r.Context(), backend.TimeRange{From: time.UnixMilli(from), To: time.UnixMilli(to)}, queries...)
	if err != nil {
		refuse(w, http.StatusBadGateway, err)
		return
	}

	reply(w, http.StatusOK, answer)
}

func (b bridge) health(w http.ResponseWriter, r *http.Request) {
	answer, err := b.plugin.CheckHealth(r.Context())
	if err != nil {
		refuse(w, http.StatusBadGateway, err)
		return
	}

	status := http.StatusOK
	if answer.Status != backend.HealthStatusOk {
		status = http.StatusBadRequest
	}

	reply(w, status, map[string]any{
		"status": answer.Status.String(), "message": answer.Message, "details": json.RawMessage(orNull(answer.JSONDetails)),
	})
}

func orNull(details []byte) []byte {
	if len(details) == 0 {
		return []byte("null")
	}

	return details
}

func (b bridge) resource(w http.ResponseWriter, r *http.Request) {
	plugin, err := b.as(r)
	if err != nil {
		refuse(w, http.StatusForbidden, err)
		return
	}

	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err != nil {
		refuse(w, http.StatusRequestEntityTooLarge, err)
		return
	}

	asked := r.PathValue("path")
	if r.URL.RawQuery != "" {
		asked += "?" + r.URL.RawQuery
	}

	answer, err := plugin.CallResource(r.Context(), pluginclient.Request{
		Method: r.Method, Path: asked, Header: r.Header, Body: body,
	})
	if err != nil {
		refuse(w, http.StatusBadGateway, err)
		return
	}

	for name, values := range answer.Headers {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}

	w.WriteHeader(answer.Status)
	_, _ = w.Write(answer.Body) // a browser that went away needs no answer
}

func refuse(w http.ResponseWriter, status int, err error) {
	reply(w, status, map[string]string{"message": err.Error()})
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a browser that went away needs no answer
}
