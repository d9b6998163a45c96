package fingerprint

import (
	"slices"
	"strings"
)

// secretWords are parts of property names that stand for something secret, or
// for a script, which may hold anything.
var secretWords = []string{
	"password", "passwd", "passphrase", "secret", "secrets", "pin", "cak", "psk", "preshared",
	"key", "keys", "community", "token", "tokens", "credential", "credentials",
	"script", "source", "identity", "comment",
}

// publicNames contain such a word and are known to be harmless: names and
// numbers of keys, an interface, what a filter sets on a route, a switch.
var publicNames = []string{"accept-source-route", "authentication-key-id", "route-comment", "set-route-comment", "update-source"}

// secretMenus hold little else than secrets; none of them, nor anything below
// them, can be a section.
var secretMenus = []string{
	"/ppp/secret", "/snmp/community", "/radius", "/certificate", "/system/script", "/system/script/environment",
	"/ip/ipsec", "/ip/hotspot/user", "/interface/wireguard", "/interface/wireless/security-profiles",
	"/interface/wifi/security", "/caps-man/security", "/caps-man/access-list", "/tool/e-mail", "/tool/sms",
	"/user/ssh-keys", "/ip/ssh", "/app", "/container", "/zerotier", "/user-manager", "/log", "/file",
	"/routing/ospf/key", "/interface/dot1x", "/interface/macsec", "/ip/cloud", "/user/settings/passwords",
}

// looksSecret reports whether a property's name suggests that its value must
// never be read. It is the second line of defence: it holds even if somebody
// adds such a property to the allowlist.
func looksSecret(property string) bool {
	if slices.Contains(publicNames, property) {
		return false
	}
	words := strings.FieldsFunc(strings.ToLower(property), func(r rune) bool {
		return r == '-' || r == '.' || r == '_' || (r >= '0' && r <= '9')
	})
	if len(words) > 0 && words[0] == "on" { // on-up, on-event: scripts
		return true
	}
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(secretWords, w) })
}

// looksSecretMenu reports whether a menu may not be read at all.
func looksSecretMenu(menu string) bool {
	return slices.ContainsFunc(secretMenus, func(m string) bool {
		return menu == m || strings.HasPrefix(menu, m+"/")
	})
}
