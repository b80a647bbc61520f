# Other keys for an agent, for operators and for the engine, with the network up.

# The agent of this machine is asked, and does it in the sandbox of its unit.
rotates_agent() { # `rotates_agent worker-1`, `rotates_agent worker-2 on worker-2`
  cp "/etc/banyan/whitelisted-keys/$1.pub" /srv/before.pub
  number_of banyan-wg "$(host_of "$1")" >/srv/before.number
  "${@:2}" banyan-agent rotate --json >/srv/rotated.json
}
host_of() { [ "$1" = worker-1 ] || echo "$1"; }
files_of() { [ "$1" = worker-1 ] || echo "/srv/$1"; }
# The key that it had before, and the one that it has.
had() { tail -n 1 /srv/before.pub; }
has() { field public_key /srv/rotated.json; }

is_swapped() { # the same interface, on both ends with the new key, and no word of the old one
  local host other
  host=$(host_of "$1")
  other=$([ -n "$host" ] || echo worker-2)
  cat /srv/rotated.json
  wg_of banyan-wg peers "$other"
  [ "$(has)" != "$(had)" ] && [ "$(wg_of banyan-wg public-key "$host")" = "$(has)" ] &&
    [ "$(number_of banyan-wg "$host")" = "$(cat /srv/before.number)" ] &&
    [ "$(wg_of banyan-wg peers "$other")" = "$(has)" ]
}
is_saved() { # what WireGuard has is what the config has, the `.pub` file names it, and the way back is kept
  local files config
  files=$(files_of "$1")
  config=$files/etc/banyan/banyan.yaml
  ls -l "$files/etc/banyan" "$files/var/lib/banyan/agent" /etc/banyan/whitelisted-keys
  grep -qF "$(has)" "$config" && grep -qF "$(wg_of banyan-wg private-key "$(host_of "$1")")" "$config" &&
    [ "$(stat -c '%a %U' "$config" "$config.previous" | sort -u)" = '600 root' ] && grep -qF "$(had)" "$config.previous" &&
    [ "$(tail -n 1 "/etc/banyan/whitelisted-keys/$1.pub")" = "$(has)" ] &&
    [ ! -e "$files/var/lib/banyan/agent/agent-next-key.json" ]
}
# The agent itself saves, and connects anew, after the command has ended.
has_settled() { is_online && [ "$(key_in "$(status_of "$1")")" = "$(has)" ] && is_saved "$1"; }
status_of() { if [ "$1" = worker-1 ]; then echo "$one"; else echo "$two"; fi; }

in_audit() { # the event, of this name and with this key: `in_audit key.rotated worker-1 KEY`
  banyan-engine audit --json --since 1h >/srv/audit
  cat /srv/audit
  grep -F "\"event\":\"$1\"" /srv/audit | grep -F "$2" | grep -qF "$3"
}
audit_is_whole() { banyan-engine audit --verify; }

makes_ada() { useradd --create-home --shell /bin/bash ada && as_ada 'id -u' | grep -qv '^0$'; }
joins_ada() {
  as_ada "banyan-cli init --engine-host 192.0.2.1 --engine-wg-public-key '$(key engine)' --json" >/srv/ada.json &&
    admits ada && sees_network direct as_ada
}
rotates_cli() { # `rotates_cli NAME CONFIG COMMAND…`
  local name=$1 config=$2 before
  before=$(tail -n 1 "/etc/banyan/whitelisted-keys/$name.pub")
  "${@:3}" >/srv/rotated.json && cat /srv/rotated.json && [ "$(has)" != "$before" ] &&
    [ "$(tail -n 1 "/etc/banyan/whitelisted-keys/$name.pub")" = "$(has)" ] && grep -qF "$(has)" "$config" &&
    [ "$(stat -c %a "$config")" = 600 ]
}

renews_engine() {
  number_of wg-control >/srv/control.number
  number_of wg-control worker-2 >/srv/control-2.number
  banyan-engine rotate --yes --json >/srv/renewed.json && cat /srv/renewed.json &&
    [ "$(names learned /srv/renewed.json)" = worker-1,worker-2 ] && [ "$(names not_learned /srv/renewed.json)" = ada,laptop ]
}
renewed() { field public_key /srv/renewed.json; }
control_is_swapped() {
  wg_of wg-control public-key
  wg_of wg-control peers worker-2
  [ "$(renewed)" != "$(key engine)" ] && [ "$(wg_of wg-control public-key)" = "$(renewed)" ] &&
    [ "$(wg_of wg-control peers worker-2)" = "$(renewed)" ] &&
    [ "$(number_of wg-control)" = "$(cat /srv/control.number)" ] &&
    [ "$(number_of wg-control worker-2)" = "$(cat /srv/control-2.number)" ] && grep -qF "$(renewed)" /srv/worker-2/etc/banyan/banyan.yaml
}
operators_learn() { sees_network direct as_ada && sees_network . on laptop && sees_network tunnel on laptop; }
previous_is_gone() {
  [ ! -e /var/lib/banyan/engine/previous-key.json ] && ! banyan-engine status | grep -i previous
}
is_in_tunnel() { is_online && takes_tunnel; }

rotations() {
  check 'banyan-agent rotate in the sandbox of its unit, with 50 pings a second, of which two may be lost' keeps_pinging 0.02 2 rotates_agent worker-1
  note_pings
  check 'its key is swapped in place, here and at the peer' holds_soon is_swapped worker-1
  check 'config, its copy and the .pub file are what they should be' holds_soon has_settled worker-1
  check 'the audit log tells of it' in_audit key.rotated worker-1 "$(has)"
  check 'the same for worker-2, which is in the tunnel' keeps_pinging 0.02 2 rotates_agent worker-2 on worker-2
  note_pings
  check 'its key is swapped too' holds_soon is_swapped worker-2
  check 'and saved' holds_soon has_settled worker-2
  check 'it is in the tunnel again, with another address' holds_soon is_in_tunnel
  check 'banyan-cli rotate as root' rotates_cli laptop /srv/laptop/etc/banyan/banyan.yaml on laptop banyan-cli rotate --json
  check 'laptop sees the network by its new key' sees_network tunnel on laptop
  check 'an ordinary user' makes_ada
  check 'banyan-cli init and status of that user, by direct TCP' joins_ada
  check 'banyan-cli rotate of that user' rotates_cli ada /home/ada/.config/banyan/banyan.yaml as_ada banyan-cli rotate --json
  check 'the user sees the network by the new key' sees_network direct as_ada
  check 'banyan-engine rotate: both agents learn the new key, and no ping is lost' keeps_pinging 0.02 0 renews_engine
  note_pings
  check 'wg-control is swapped in place on both ends' holds_soon control_is_swapped
  check 'agents stay in the tunnel' holds_soon is_in_tunnel
  check 'operators learn it at their next command' operators_learn
  check 'then the previous key is destroyed' holds_soon previous_is_gone
  check 'the audit log tells of that' in_audit engine.key_destroyed '' ''
  check 'banyan-engine audit --verify' audit_is_whole
  note "$(head -n 1 /tmp/said)"
}
