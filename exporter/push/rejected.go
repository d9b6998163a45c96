package push

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/encoding/protojson"

	apiv1 "github.com/ispvisualmonitor/ispvisualmonitor/api/v1"
)

// rejectedFile holds, a line each, the observations that the correlator will
// not have, for somebody to look at. It begins anew when it has become large;
// the one before is kept.
type rejectedFile struct{ name string }

// maxRejected is the size at which the file begins anew, in bytes.
const maxRejected = 16 << 20

func rejectedIn(dir string) rejectedFile { return rejectedFile{filepath.Join(dir, "rejected.jsonl")} }

// rejectedLine is one line of the file.
type rejectedLine struct {
	Reason      string          `json:"reason"`
	Observation json.RawMessage `json:"observation"`
}

// append adds a line, durably.
func (f rejectedFile) append(o *apiv1.Observation, reason error) error {
	if err := f.write(o, reason); err != nil {
		return fmt.Errorf("set an observation aside: %w", err)
	}
	return nil
}

func (f rejectedFile) write(o *apiv1.Observation, reason error) (err error) {
	body, err := protojson.Marshal(o)
	if err != nil {
		return err
	}
	line, err := json.Marshal(rejectedLine{reason.Error(), body})
	if err != nil {
		return err
	}
	if info, err := os.Stat(f.name); err == nil && info.Size() > maxRejected {
		if err := os.Rename(f.name, f.name+".1"); err != nil {
			return err
		}
	}
	file, err := os.OpenFile(f.name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.Write(append(line, '\n')); err != nil {
		return err
	}
	return file.Sync()
}
