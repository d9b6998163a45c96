package fingerprint

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func builtinAllowlist(t testing.TB) *Allowlist {
	t.Helper()
	a, err := Builtin()
	require.NoError(t, err)
	return a
}

func TestBuiltinIsValid(t *testing.T) {
	t.Parallel()
	a := builtinAllowlist(t)
	require.Positive(t, a.Version)
	require.Len(t, a.Categories, 12)
}

// minimal is the smallest allowlist there can be, with one section to vary.
func minimal(section string) string {
	text := "version: 1\ngroups: {g: [name]}\ncategories:\n"
	for _, name := range categoryOrder {
		text += "  - name: " + name + "\n    sections:\n"
		if name == "bgp" {
			text += "      - " + section + "\n"
		} else {
			text += "      - {section: /x, key: [name], properties: [name]}\n"
		}
	}
	return text
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for want, text := range map[string]string{
		`section /x: property "auth-key" looks like a secret, a script or a comment and is never read`: minimal(`{section: /x, single: true, properties: [auth-key]}`),
		`section /x: property "tcp-md5-key" looks like a secret, a script or a comment and is never read`: minimal(
			`{section: /x, key: [name], properties: [name], aliases: {name: [tcp-md5-key]}}`),
		`section /ppp/secret: menu /ppp/secret holds secrets and is never read`: minimal(`{section: /ppp/secret, key: [name], properties: [name]}`),
		`section /x: menu /snmp/community holds secrets and is never read`:      minimal(`{section: /x, menus: {v6: /snmp/community}, key: [name], properties: [name]}`),
		`section x: its name must be a menu, beginning with /`:                  minimal(`{section: x, single: true, properties: [name]}`),
		`section /x: menus has "v8", only v6 and v7 are known`:                  minimal(`{section: /x, menus: {v8: /x}, single: true, properties: [name]}`),
		`section /x: has no properties`:                                         minimal(`{section: /x, single: true}`),
		`section /x: includes group "h", which is not defined`:                  minimal(`{section: /x, single: true, include: [h]}`),
		`section /x: must have exactly one of single, key, ordered and ordered_within`: minimal(
			`{section: /x, single: true, ordered: true, include: [g]}`),
		`section /x: key "id" is no property`:                                                                     minimal(`{section: /x, key: [id], include: [g]}`),
		`section /x: ordered_within "chain" is no property`:                                                       minimal(`{section: /x, ordered_within: chain, include: [g]}`),
		`section /x: "afi" has a set, default, alias, word, implication, assignment or denial but is no property`: minimal(`{section: /x, single: true, include: [g], sets: [afi]}`),
		`section /x: "name" is assigned by "pool", which is no property`:                                          minimal(`{section: /x, single: true, include: [g], assigned: {name: pool}}`),
		`section /x: denials of "name" are by "who", which is no property`:                                        minimal(`{section: /x, single: true, include: [g], denials: {name: {who: [a]}}}`),
		`section /x: inherits by "of", which is no property`:                                                      minimal(`{section: /x, single: true, include: [g], inherits: [{by: of, from: /y}]}` + "\n      - {section: /y, key: [name], include: [g]}"),
		`section /x: inherits from "/z", which is no other section`:                                               minimal(`{section: /x, single: true, include: [g], inherits: [{by: name, from: /z}]}`),
		`section /x: inherits from /y, whose rows have no single key`:                                             minimal(`{section: /x, single: true, include: [g], inherits: [{by: name, from: /y}]}` + "\n      - {section: /y, ordered: true, include: [g]}"),
		`section /x: inherits "id", which is no property of /y`:                                                   minimal(`{section: /x, single: true, include: [g], inherits: [{by: name, from: /y, properties: [id]}]}` + "\n      - {section: /y, key: [name], include: [g]}"),
		`section /x: a built-in row has "port", which is no property`: minimal(
			`{section: /x, key: [name], include: [g], builtin: [{name: x, port: "1"}]}`),
		`section /x: a built-in row says nothing`: minimal(
			`{section: /x, key: [name], include: [g], builtin: [{name: ""}]}`),
		`section /x: property "name" has implications and is no set`: minimal(
			`{section: /x, key: [name], include: [g], implied: {name: {a: b}}}`),
		`section /x: "name" is assigned by "by", which is no property`: minimal(
			`{section: /x, key: [name], include: [g], assigned: {name: by=true}}`),
		`section /x: property "name" is there twice`: minimal(
			`{section: /x, single: true, properties: [name, old], aliases: {old: [name]}}`),
		`categories must be exactly interfaces, addressing`: strings.Replace(minimal(`{section: /x, single: true, include: [g]}`), "name: users", "name: people", 1),
		`version must be a positive integer`:                strings.Replace(minimal(`{section: /x, single: true, include: [g]}`), "version: 1", "version: 0", 1),
		`field nonsense not found`:                          minimal(`{section: /x, single: true, include: [g], nonsense: 1}`),
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(text))
			require.ErrorContains(t, err, want)
		})
	}
	_, err := Parse([]byte(minimal(`{section: /x, single: true, include: [g]}`)))
	require.NoError(t, err, "what the table varies is valid")
}
