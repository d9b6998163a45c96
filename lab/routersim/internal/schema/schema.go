// Package schema knows RouterOS's menus: which exist in which version, which
// properties they have, what these default to, which print alone can see and
// which are secret. The knowledge is data (arguments-7.16.txt, menus.yaml).
package schema

import (
	_ "embed"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

//go:embed arguments-7.16.txt
var arguments string

//go:embed menus.yaml
var overlay []byte

// Menu is what is known of one menu.
type Menu struct {
	Path     string   // "/ip/address"
	Single   bool     // one item without an id, such as /system/identity
	Ordered  bool     // rows have an order that matters and can be moved
	CanAdd   bool     // rows can be added
	Known    bool     // false for a menu that only a loaded file speaks of
	Type     string   // value of `type` in /interface, "" elsewhere
	Key      string   // the property that names a row, "" if none does
	AutoName string   // prefix of the name given to a row added without one
	Required []string // what add insists on
	Unique   []string // properties that no two rows may share, all together
	Names    []string // every property in printing order
	Defaults map[string]string
	ReadOnly map[string]bool
	Rows     []map[string]string // what exists before configuration

	settable map[string]bool
	secret   map[string]bool // beside the common ones
	boolean  map[string]bool // beside the common ones
	common   *common
}

// common is what names of properties mean in every menu.
type common struct{ secret, words, text, boolean map[string]bool }

// Schema is the menus of one version.
type Schema struct {
	Version Version

	menus   map[string]*Menu
	renames []rename
	gone    map[string]map[string]bool // properties of earlier versions, by menu
	file    *overlayFile
	common  *common
}

type rename struct {
	Menu  string `yaml:"menu"`
	Since string `yaml:"since"`
	Old   string `yaml:"old"`
	New   string `yaml:"new"`
}

// change is what a version brought and took in a menu.
type change struct {
	Menu  string `yaml:"menu"`
	Since string `yaml:"since"`
	Gone  string `yaml:"gone"`
	New   string `yaml:"new"`
}

type overlayMenu struct {
	Type     string   `yaml:"type"`
	Key      string   `yaml:"key"`
	AutoName string   `yaml:"autoname"`
	Add      bool     `yaml:"add"`
	Ordered  bool     `yaml:"ordered"`
	Single   bool     `yaml:"single"`
	Args     string   `yaml:"args"`
	Defaults string   `yaml:"defaults"`
	ReadOnly string   `yaml:"readonly"`
	Required string   `yaml:"required"`
	Unique   string   `yaml:"unique"`
	Rows     []string `yaml:"rows"`
}

type overlayFile struct {
	Secret   string                 `yaml:"secret"`
	SecretIn map[string]string      `yaml:"secret_in"`
	Words    string                 `yaml:"words"`
	Text     string                 `yaml:"text"`
	Boolean  string                 `yaml:"boolean"`
	Only6    string                 `yaml:"only6"`
	Only7    string                 `yaml:"only7"`
	Since    map[string]string      `yaml:"since"`
	Renames  []rename               `yaml:"renames"`
	Changes  []change               `yaml:"changes"`
	Menus    map[string]overlayMenu `yaml:"menus"`
	Menus6   map[string]overlayMenu `yaml:"menus6"`
}

// New builds the schema of a version.
func New(version Version) (*Schema, error) {
	s := &Schema{Version: version, menus: map[string]*Menu{}, gone: map[string]map[string]bool{}, file: &overlayFile{}}
	dec := yaml.NewDecoder(strings.NewReader(string(overlay)))
	dec.KnownFields(true)
	if err := dec.Decode(s.file); err != nil {
		return nil, fmt.Errorf("menus.yaml: %w", err)
	}
	s.common = &common{
		secret: set(s.file.Secret), words: set(s.file.Words), text: set(s.file.Text), boolean: set(s.file.Boolean),
	}
	for line := range strings.Lines(arguments) {
		if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(fields[0], "/") {
			s.addArguments(fields[0], fields[1], fields[2:])
		}
	}
	for path, m := range s.file.Menus {
		s.addOverlay(path, m)
	}
	if version.Major == 6 {
		for path, m := range s.file.Menus6 {
			delete(s.menus, path)
			s.addOverlay(path, m)
		}
	}
	if err := s.dropOtherVersions(); err != nil {
		return nil, err
	}
	if err := s.renameProperties(); err != nil {
		return nil, err
	}
	return s, s.changeProperties()
}

// renameProperties gives properties the names that they have in this version.
func (s *Schema) renameProperties() error {
	for _, r := range s.file.Renames {
		since, err := ParseVersion(r.Since)
		if err != nil {
			return fmt.Errorf("menus.yaml, rename of %s: %w", r.Old, err)
		}
		if !s.Version.AtLeast(since.Major, since.Minor, since.Patch) {
			r.Old, r.New = r.New, r.Old
		}
		s.renames = append(s.renames, r)
		if m := s.menus[r.Menu]; m != nil {
			m.rename(r.Old, r.New)
		}
	}
	return nil
}

// changeProperties adds and takes away what later versions did to menus.
func (s *Schema) changeProperties() error {
	for _, c := range s.file.Changes {
		since, err := ParseVersion(c.Since)
		if err != nil {
			return fmt.Errorf("menus.yaml, change of %s: %w", c.Menu, err)
		}
		m := s.menus[c.Menu]
		if m == nil || s.Version.Major < 7 || !s.Version.AtLeast(since.Major, since.Minor, since.Patch) {
			continue
		}
		m.drop(set(c.Gone))
		m.settableNames(strings.Fields(c.New))
		if s.gone[c.Menu] == nil {
			s.gone[c.Menu] = map[string]bool{}
		}
		for name := range set(c.Gone) {
			s.gone[c.Menu][name] = true
		}
	}
	return nil
}

// Menu returns what is known of a menu, and a blank one, open to every
// property, for a path that only a loaded file speaks of.
func (s *Schema) Menu(path string) *Menu {
	if m, ok := s.menus[path]; ok {
		return m
	}
	m := s.blank(path)
	m.CanAdd = true
	return m
}

// Has says whether the version has the menu, or one below it.
func (s *Schema) Has(path string) bool {
	if _, ok := s.menus[path]; ok {
		return true
	}
	for p := range s.menus {
		if strings.HasPrefix(p, path+"/") {
			return true
		}
	}
	return false
}

// Paths calls yield with every menu of the version, in no order.
func (s *Schema) Paths(yield func(*Menu) bool) {
	for _, m := range s.menus {
		if !yield(m) {
			return
		}
	}
}

// Name returns the name that a property has in this version.
func (s *Schema) Name(path, property string) string {
	for _, r := range s.renames {
		if r.Menu == path && r.Old == property {
			return r.New
		}
	}
	return property
}

// Gone says whether a property is one that earlier versions had in a menu and
// this one has no more.
func (s *Schema) Gone(path, property string) bool { return s.gone[path][property] }

// dropOtherVersions takes out the menus of the other major version and of
// later ones.
func (s *Schema) dropOtherVersions() error {
	other := s.file.Only7
	if s.Version.Major == 7 {
		other = s.file.Only6
		for gone, text := range s.file.Since {
			since, err := ParseVersion(text)
			if err != nil {
				return fmt.Errorf("menus.yaml, since of %s: %w", gone, err)
			}
			if !s.Version.AtLeast(since.Major, since.Minor, since.Patch) {
				s.drop(gone, true)
			}
		}
	}
	for _, gone := range strings.Fields(other) {
		s.drop(gone, gone != "/routing/filter") // below which version 7 has other menus
	}
	return nil
}

func (s *Schema) drop(gone string, below bool) {
	for path := range s.menus {
		if path == gone || below && strings.HasPrefix(path, gone+"/") {
			delete(s.menus, path)
		}
	}
}

func (s *Schema) blank(path string) *Menu {
	return &Menu{
		Path: path, Defaults: map[string]string{}, ReadOnly: map[string]bool{}, settable: map[string]bool{},
		secret: set(s.file.SecretIn[path]), boolean: map[string]bool{}, common: s.common,
	}
}

func (s *Schema) addArguments(path, kind string, names []string) {
	m := s.blank(path)
	m.Known = true
	for _, flag := range strings.Split(kind, ",") {
		switch flag {
		case "single":
			m.Single = true
		case "ordered":
			m.Ordered = true
		case "add":
			m.CanAdd = true
		}
	}
	m.settableNames(names)
	s.menus[path] = m
}

func (s *Schema) addOverlay(path string, o overlayMenu) {
	m, ok := s.menus[path]
	if !ok {
		m = s.blank(path)
		m.Known = true
		s.menus[path] = m
	}
	m.Single = m.Single || o.Single
	m.Type, m.Key, m.AutoName = o.Type, o.Key, o.AutoName
	m.CanAdd, m.Ordered = m.CanAdd || o.Add, m.Ordered || o.Ordered
	m.Required, m.Unique = strings.Fields(o.Required), strings.Fields(o.Unique)
	m.settableNames(strings.Fields(o.Args))
	for name, value := range assignments(o.Defaults) {
		m.Defaults[name] = value
		if value == "true" || value == "false" {
			m.boolean[name] = true
		}
		m.addName(name)
		m.settable[name] = true
	}
	for _, name := range strings.Fields(o.ReadOnly) {
		m.addName(name)
		m.ReadOnly[name] = true
		delete(m.settable, name)
	}
	for _, row := range o.Rows {
		m.Rows = append(m.Rows, assignments(row))
	}
}

// assignments reads "a=1 b=2 c": a bare name has the empty value, and so has
// one that is written as two single quotes.
func assignments(text string) map[string]string {
	out := map[string]string{}
	for _, word := range strings.Fields(text) {
		name, value, _ := strings.Cut(word, "=")
		out[name] = strings.Trim(value, "'")
	}
	return out
}

func set(names string) map[string]bool {
	out := map[string]bool{}
	for _, name := range strings.Fields(names) {
		out[name] = true
	}
	return out
}
