package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/topology"
)

// LoadInventory reads an inventory file: YAML (or JSON, which is YAML too) with the keys of the
// `inventory` line of recorded timelines: sites, devices, services, links.
func LoadInventory(path string) (*topology.Inventory, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	inventory, err := ParseInventory(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return inventory, nil
}

// ParseInventory is LoadInventory on the text of a file. The domain type is the only definition of
// the form: YAML is turned into JSON and decoded into it, refusing keys that it does not have.
func ParseInventory(raw []byte) (*topology.Inventory, error) {
	var document map[string]any
	if err := yaml.Unmarshal(raw, &document); err != nil {
		return nil, readable(err)
	}
	if len(document) == 0 {
		return nil, errors.New("the inventory is empty: give at least `devices: [{name: …}]`")
	}
	asJSON, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	var inventory topology.Inventory
	dec := json.NewDecoder(bytes.NewReader(asJSON))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&inventory); err != nil {
		return nil, readableJSON(err)
	}
	if err := inventory.Validate(); err != nil {
		return nil, err
	}
	return &inventory, nil
}

// readableJSON words an error of encoding/json for somebody who wrote YAML.
func readableJSON(err error) error {
	if typeErr := new(json.UnmarshalTypeError); errors.As(err, &typeErr) {
		return fmt.Errorf("%s: got a %s where something else belongs", typeErr.Field, typeErr.Value)
	}
	if key, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return fmt.Errorf("unknown key %s", key)
	}
	return err
}
