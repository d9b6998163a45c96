package datasource

import (
	"encoding/json"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/ispvisualmonitor/ispvisualmonitor/grafana-plugin/pkg/correlator"
)

// problem is the body of every refusal; Grafana's pages show its message.
type problem struct {
	Message string `json:"message"`
}

// asJSON writes empty lists and zeros too, so that the pages need no defaults.
var asJSON = protojson.MarshalOptions{EmitDefaultValues: true}

func writeAnswer(w http.ResponseWriter, message proto.Message, err error) {
	if err != nil {
		writeProblem(w, correlator.Status(err), correlator.Explain(err))
		return
	}

	body, err := asJSON.Marshal(message)
	if err != nil {
		writeProblem(w, http.StatusInternalServerError, "the answer could not be written as JSON: "+err.Error())
		return
	}

	write(w, http.StatusOK, body)
}

func writeProblem(w http.ResponseWriter, status int, text string) {
	write(w, status, encodeProblem(problem{Message: text}))
}

func encodeProblem(p problem) []byte {
	body, err := json.Marshal(p)
	if err != nil {
		return []byte(`{"message": "an error that cannot be written as JSON"}`)
	}

	return body
}

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)

	if _, err := w.Write(body); err != nil {
		log.DefaultLogger.Warn("the answer did not reach Grafana", "error", err)
	}
}
