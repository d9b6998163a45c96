package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/configchange"
	"github.com/ispvisualmonitor/ispvisualmonitor/correlator/engine"
)

// eachDevice is up to how many devices a list of config changes asks each for its newest ones; for more
// it walks through all changes in time and leaves out the others' ones.
const eachDevice = 100

const configChangeList = "configchanges"

// ConfigChanges answers detected config changes, newest first.
func (db *DB) ConfigChanges(ctx context.Context, tenant string, q engine.ConfigChangeQuery) (page engine.ConfigChangePage, err error) {
	after, some, err := parseCursor(configChangeList, q.Page.Token)
	if err != nil {
		return page, err
	}
	size := pageSize(q.Page)
	err = db.read(ctx, tenant, func(tx pgx.Tx) error {
		inv, err := db.inventory(ctx, tx, tenant)
		if err != nil {
			return err
		}
		devices, all := inv.wanted(q.Devices, q.Sites)
		at := listTime(all, len(devices))
		var c conditions
		if some {
			c.and("("+at+", c.id) < (?, ?)", after.at, after.id)
		}
		sql, none := configChangesSQL(&c, inv, q)
		if none {
			return nil
		}
		limit := c.arg(size + 1) // one more than asked for tells whether there is another page
		rows, err := tx.Query(ctx, fmt.Sprintf(sql, configChangeColumns, "ORDER BY "+at+" DESC, c.id DESC LIMIT "+limit)+
			"\nORDER BY not_after DESC, id DESC LIMIT "+limit, c.args...)
		if err != nil {
			return err
		}
		changes, err := pgx.CollectRows(rows, scanConfigChange)
		if err != nil {
			return fmt.Errorf("load config changes: %w", err)
		}
		if len(changes) > size {
			changes = changes[:size]
			page.Next = cursor{at: changes[size-1].NotAfter, id: changes[size-1].ID}.token(configChangeList)
		}
		for _, change := range changes {
			page.ConfigChanges = append(page.ConfigChanges, configChangeView(inv, change))
		}
		return nil
	})
	return page, err
}

// configChangesSQL builds the query over config changes: a format with two places, the columns and the
// end of each part (order and limit). Each class of span is a part of its own, so that it walks its index
// from where the range begins to where it ends. none is true when nothing can match.
func configChangesSQL(c *conditions, inv *knownInventory, q engine.ConfigChangeQuery) (format string, none bool) {
	devices, all := inv.wanted(q.Devices, q.Sites)
	if !all && len(devices) == 0 {
		return "", true
	}
	at := listTime(all, len(devices))
	if !q.From.IsZero() {
		c.and(at+" >= ?", q.From)
	}
	if !q.To.IsZero() {
		c.and("c.not_before < ?", q.To)
	}
	if len(q.Categories) > 0 {
		c.and("c.category = ANY (?)", q.Categories)
	}
	if q.UnplannedOnly {
		c.and("c.planned_change_id IS NULL")
	}
	perDevice := ""
	switch {
	case all:
	case len(devices) > eachDevice:
		c.and("c.device = ANY (?)", devices)
	default:
		perDevice = c.arg(devices)
		c.and("c.device = q.device")
	}
	var parts []string
	for _, part := range spanConditions(c, at, q.To) {
		parts = append(parts, configChangePart(perDevice, part+" AND "+c.where()))
	}
	return strings.Join(parts, "\nUNION ALL\n"), false
}

// listTime is the column by which a list walks: that of the index over all devices, or of each device's.
func listTime(all bool, devices int) string {
	if all || devices > eachDevice {
		return "c.listed_at"
	}
	return "c.not_after"
}

// configChangePart is one part: over all devices, or over each of an array of devices by itself.
func configChangePart(devices, where string) string {
	part := "(SELECT %[1]s FROM config_changes AS c WHERE " + where + " %[2]s)"
	if devices == "" {
		return part
	}
	return "(SELECT c.* FROM unnest(" + devices + "::text[]) AS q (device) CROSS JOIN LATERAL " + part + " AS c)"
}

func configChangeView(inv *knownInventory, c configchange.Change) engine.ConfigChangeView {
	return engine.ConfigChangeView{
		ID: c.ID, Device: c.Device, Category: c.Category, Site: inv.graph.SiteOf(c.Device), NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		OldFingerprint: c.OldFingerprint, NewFingerprint: c.NewFingerprint,
		PlannedChangeID: c.PlannedChangeID, InBlackoutID: c.InBlackoutID, Actor: actorView(c.Actor), Summary: c.Summary,
	}
}

func actorView(a *configchange.Actor) *engine.ActorView {
	if a == nil {
		return nil
	}
	v := &engine.ActorView{User: a.User, Address: a.Address, Via: a.Via}
	if a.At != nil {
		v.At = *a.At
	}
	return v
}
