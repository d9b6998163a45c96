package metro

import "math/rand/v2"

// records is how complete an inventory is.
type records struct{ noLinks, noTags bool }

func drawRecords(r *rand.Rand) records {
	return records{noLinks: chance(r, 0.15), noTags: chance(r, 0.3)}
}

// inventory is what the correlator is told of the plant.
func (p *plant) inventory(k records) map[string]any {
	var sites, devices, links, services []any
	for _, s := range p.sites() {
		sites = append(sites, map[string]any{"name": s})
	}
	for _, n := range p.nodes {
		d := map[string]any{"name": n.name, "site": n.site, "roles": []string{string(n.role)}}
		if !k.noTags {
			d["tags"] = []string{"metro", string(n.role)}
		}
		if n.subscribers > 0 {
			d["subscribers"] = n.subscribers
		}
		if n.hangsOn != nil {
			d["depends_on"] = groups(n.hangsOn)
		}
		devices = append(devices, d)
	}
	for _, c := range p.cables {
		links = append(links, map[string]any{
			"a": map[string]any{"device": c.a.node, "interface": c.a.name},
			"b": map[string]any{"device": c.b.node, "interface": c.b.name},
		})
	}
	if k.noLinks {
		links = nil
	}
	for i, s := range p.services {
		services = append(services, map[string]any{"name": p.named[i], "depends_on": groups([]need{s})})
	}
	return map[string]any{"sites": sites, "devices": devices, "links": links, "services": services}
}

// groups writes needs the way that an inventory does.
func groups(needs []need) []any {
	var out []any
	for _, n := range needs {
		switch {
		case n.k == 1 && len(n.of) > 1:
			out = append(out, map[string]any{"any": n.of})
		case n.k == len(n.of):
			out = append(out, map[string]any{"all": n.of})
		default:
			out = append(out, map[string]any{"k": n.k, "of": n.of})
		}
	}
	return out
}
