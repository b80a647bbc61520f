# The hosts, and the containers on them. The status files of the two agents are $one and $two.
one=/run/banyan-agent/status.json
two=/srv/worker-2/run/banyan-agent/status.json

# The network below: this machine, and two hosts on its bridge.
make_lan() {
  local number=3 host
  ip link add lan0 type bridge
  ip address add 192.0.2.1/24 dev lan0
  ip link set lan0 up
  for host in worker-2 laptop; do
    ip netns add "$host"
    ip link add "$host" type veth peer name eth0 netns "$host"
    ip link set "$host" master lan0 up
    ip -n "$host" address add "192.0.2.$number/24" dev eth0
    ip -n "$host" link set eth0 up
    ip -n "$host" link set lo up
    number=$((number + 1))
  done
}

# Runs a command on a host that is a namespace of this machine: its network, its files of Banyan.
on() {
  local host=$1
  shift
  nsenter --net="/run/netns/$host" unshare --mount /bin/sh -ec '
    host=$1; shift
    for place in etc/banyan var/lib/banyan var/cache/banyan run/banyan run/banyan-agent etc/cni/net.d; do
      mkdir -p "/srv/$host/$place" "/$place"
      mount --bind "/srv/$host/$place" "/$place"
    done
    # Its systemd is not that of this machine.
    mkdir -p /srv/none && mount --bind /srv/none /run/systemd/system
    exec "$@"' sh "$host" "$@"
}

# An ordinary user of laptop.
as_ada() { on laptop runuser -l ada -c "$*"; }

# Init of a role here or on a host; its JSON tells the key: `init_of agent worker-2 on worker-2`.
init_of() {
  local role=$1 name=$2
  "${@:3}" "banyan-$role" init --engine-host 192.0.2.1 --engine-wg-public-key "$(key engine)" --json >"/srv/$name.json"
}
# The key that init of a component has printed.
key() { field public_key "/srv/$1.json"; }
# The key that an agent has now, by its status file, in which the engine's comes first.
key_in() { grep -o '"public_key":"[^"]*"' "$1" | tail -n 1 | cut -d'"' -f4; }
admits() { banyan-engine add-client --name "$1" --pubkey "${2:-$(key "$1")}"; }

run_worker_2() {
  systemctl reset-failed worker-2 2>/dev/null
  systemd-run --unit=worker-2 --collect --quiet /bin/bash /package/in-machine/run on worker-2 banyan-agent start
}

# A container of this machine or of a host: `container NAME HOST ADDRESS`.
container() {
  local name=$1 host=$2 address=$3 gateway=${3%.*}.1
  local there=()
  [ "$host" = here ] || there=(ip netns exec "$host")
  ip netns add "$name"
  ip link add "$name" type veth peer name eth0 netns "$name"
  [ "$host" = here ] || ip link set "$name" netns "$host"
  "${there[@]}" ip link set "$name" master banyan0 up
  ip -n "$name" address add "$address/24" dev eth0
  ip -n "$name" link set eth0 up
  ip -n "$name" link set lo up
  ip -n "$name" route add default via "$gateway"
}
# The address in a subnet of 24 bits: `in_subnet 10.201.0.0/24 9`.
in_subnet() { printf '%s.%s' "${1%.*}" "$2"; }
containers_talk() { ip netns exec c1 ping -c 1 -W 2 "$(cat /srv/c2)"; }

# Runs a command while c1 pings c2: `keeps_pinging SECONDS LOST COMMAND…`, with that interval and at most so many lost.
keeps_pinging() {
  local interval=$1 most=$2 ping done counts
  shift 2
  ip netns exec c1 ping -i "$interval" "$(cat /srv/c2)" >/tmp/pings 2>&1 &
  ping=$!
  sleep 2
  "$@"
  done=$?
  sleep 3
  kill -INT "$ping"
  wait "$ping"
  tail -n 3 /tmp/pings
  counts=$(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 - \2/p' /tmp/pings)
  [ -n "$counts" ] && [ "$((counts))" -le "$most" ] && [ "$done" = 0 ]
}
note_pings() { note "$(grep 'packets transmitted' /tmp/pings)"; }

has_links() { grep -q "\"links_up\": *$1" "$one"; }
is_online() { grep -q '"state":"connected"' "$one" && grep -q '"state":"connected"' "$two"; }

# WireGuard's own word on an interface, here or on a host: `wg_of wg-control public-key worker-2`.
wg_of() { ip_of "${3:-}" wg show "$1" "$2"; }
# The same interface has the same number: `number_of wg-control worker-2`.
number_of() { ip_of "${2:-}" ip -o link show "$1" | cut -d: -f1; }
in_kernel() { ip_of "${2:-}" ip -d link show "$1" | grep -qw wireguard; }
# Runs a program with the network of a host, or here: `ip_of '' ip link`.
ip_of() {
  local host=$1
  shift
  if [ -n "$host" ]; then ip netns exec "$host" "$@"; else "$@"; fi
}
