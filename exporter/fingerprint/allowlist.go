package fingerprint

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

//go:embed allowlist.yaml
var builtin []byte

// categoryOrder is the fixed order of the categories: the overall fingerprint
// is made in it.
var categoryOrder = []string{
	"interfaces", "addressing", "bgp", "ospf", "routing", "firewall",
	"address_lists", "services", "access", "queues", "users", "system",
}

// Allowlist says what of a router's configuration is read.
type Allowlist struct {
	// Version changes whenever the same configuration may hash differently.
	Version int
	// Categories are all twelve, in their fixed order.
	Categories []Category
}

// Category is a named group of sections that is hashed as one.
type Category struct {
	Name     string
	Sections []*Section
}

// file is the allowlist as it is written.
type file struct {
	Version    int                 `yaml:"version"`
	Groups     map[string][]string `yaml:"groups"`
	Categories []struct {
		Name     string        `yaml:"name"`
		Sections []sectionSpec `yaml:"sections"`
	} `yaml:"categories"`
}

// sectionSpec is one section as it is written.
type sectionSpec struct {
	Name          string              `yaml:"section"`
	Menus         map[string]string   `yaml:"menus"`
	Single        bool                `yaml:"single"`
	Key           []string            `yaml:"key"`
	Ordered       bool                `yaml:"ordered"`
	OrderedWithin string              `yaml:"ordered_within"`
	Include       []string            `yaml:"include"`
	Properties    []string            `yaml:"properties"`
	Aliases       map[string][]string `yaml:"aliases"`
	Sets          []string            `yaml:"sets"`
	Defaults      map[string][]string `yaml:"defaults"`
	Where         []string            `yaml:"where"`
	Inherits      []inheritSpec       `yaml:"inherits"`

	Words    map[string]map[string]string   `yaml:"words"`
	Implied  map[string]map[string]string   `yaml:"implied"`
	Builtin  []map[string]string            `yaml:"builtin"`
	Assigned map[string]string              `yaml:"assigned"`
	Denials  map[string]map[string][]string `yaml:"denials"`
}

// Builtin returns the allowlist that is part of the program.
func Builtin() (*Allowlist, error) { return Parse(builtin) }

// Parse reads an allowlist, and refuses one that names a secret, lacks a
// category, or contradicts itself.
func Parse(text []byte) (*Allowlist, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	var f file
	if err := dec.Decode(&f); err != nil {
		return nil, fmt.Errorf("allowlist: %w", err)
	}
	if f.Version < 1 {
		return nil, errors.New("allowlist: version must be a positive integer")
	}
	a := &Allowlist{Version: f.Version}
	for _, c := range f.Categories {
		category := Category{Name: c.Name}
		for _, spec := range c.Sections {
			s, err := compile(spec, f.Groups)
			if err != nil {
				return nil, fmt.Errorf("allowlist: category %s: section %s: %w", c.Name, spec.Name, err)
			}
			category.Sections = append(category.Sections, s)
		}
		for i, spec := range c.Sections {
			if err := category.Sections[i].link(spec.Inherits, category.Sections); err != nil {
				return nil, fmt.Errorf("allowlist: category %s: section %s: %w", c.Name, spec.Name, err)
			}
		}
		a.Categories = append(a.Categories, category)
	}
	if names := a.Names(); !slices.Equal(names, categoryOrder) {
		return nil, fmt.Errorf("allowlist: categories must be exactly %s, in this order", strings.Join(categoryOrder, ", "))
	}
	return a, nil
}

// Has reports whether there is a category of this name.
func (a *Allowlist) Has(category string) bool { return slices.Contains(a.Names(), category) }

// Names returns the names of the categories, in their fixed order.
func (a *Allowlist) Names() []string {
	names := make([]string, 0, len(a.Categories))
	for _, c := range a.Categories {
		names = append(names, c.Name)
	}
	return names
}
