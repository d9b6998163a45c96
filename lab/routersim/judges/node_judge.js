// Talks to a router through node-routeros and prints what it saw, as JSON.
//
// Usage: node node_judge.js HOST PORT USER PASSWORD
'use strict';

const { RouterOSAPI } = require('node-routeros');

async function judge(host, port, user, password) {
  const api = new RouterOSAPI({ host, port: Number(port), user, password, timeout: 20 });
  await api.connect();
  const names = (rows) => rows.map((row) => row.name).sort();
  const interfaces = async (...query) => names(await api.write('/interface/print', ['=.proplist=name', ...query]));
  const seen = {};
  seen.identity = (await api.write('/system/identity/print'))[0].name;
  seen.all = await interfaces();
  seen['running ports'] = await interfaces('?type=ether', '?running=true', '?#&');
  seen['vlans or bridges'] = await interfaces('?type=vlan', '?type=bridge', '?#|');
  seen['not ports'] = await interfaces('?type=ether', '?#!');
  const pool = async () => (await api.write('/ip/pool/print')).filter((row) => row.name === 'judged');
  const created = (await api.write('/ip/pool/add', ['=name=judged', '=ranges=10.9.0.2-10.9.0.9']))[0].ret;
  seen.added = names((await pool()).filter((row) => row['.id'] === created));
  await api.write('/ip/pool/set', ['=.id=' + created, '=ranges=10.9.1.2-10.9.1.9']);
  seen.changed = (await pool()).map((row) => row.ranges);
  await api.write('/ip/pool/remove', ['=.id=' + created]);
  seen.removed = names(await pool());
  try {
    await api.write('/no/such/menu/print');
  } catch (err) {
    seen.trap = err.message;
  }
  await api.close();
  return seen;
}

judge(...process.argv.slice(2)).then(
  (seen) => console.log(JSON.stringify(seen)),
  (err) => {
    console.error(err);
    process.exitCode = 1;
  },
);
