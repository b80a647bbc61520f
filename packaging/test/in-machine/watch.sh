# What an operator looks at: doctor on the healthy network, and metrics under the units.

is_well() { # no line fails; ends with 1 if one does
  "$@" >/tmp/doctor
  local end=$?
  cat /tmp/doctor
  [ "$end" = 0 ] && ! grep -q '^fail' /tmp/doctor
}
seconds() { date +%s.%N; }
# `doctor_of WHOM COMMAND…`: what is to be looked at is told, and how long it took.
doctor_of() {
  local whom=$1 before
  shift
  before=$(seconds)
  check "$whom: nothing fails" is_well "$@"
  note "$(tail -n 1 /tmp/doctor) $(echo "$(seconds) $before" | awk '{ printf "%.1f s", $1 - $2 }')"
  while IFS= read -r line; do note "$line"; done < <(grep '^warn' /tmp/doctor)
}

# Of an address: `scrapes 127.0.0.1:9750 LINE COMMAND…` finds a figure that begins so.
scrapes() {
  local address=$1 figure=$2
  "${@:3}" curl --silent --show-error --fail --max-time 20 "http://$address/metrics" >/srv/metrics
  grep -v '^#' /srv/metrics | head -n 20
  grep -qF "$figure" /srv/metrics
}
listens_in_tunnel() {
  sed -i 's/^engine:$/engine:\n  metrics_listen: "10.200.0.1:9750"/' /etc/banyan/banyan.yaml && systemctl restart banyan-engine &&
    holds_soon is_in_tunnel
}
is_silent() { ! curl --silent --max-time 5 "http://$1/metrics"; }

watching() {
  doctor_of 'banyan-agent doctor of worker-1' banyan-agent doctor
  doctor_of 'banyan-agent doctor of worker-2' on worker-2 banyan-agent doctor
  doctor_of 'banyan-engine doctor' banyan-engine doctor
  doctor_of 'banyan-cli doctor of laptop' on laptop banyan-cli doctor
  doctor_of 'banyan-cli doctor of an ordinary user' as_ada banyan-cli doctor
  check "the engine's metrics" scrapes 127.0.0.1:9750 'banyan_agents{state="online"} 2'
  check "the agent's metrics" scrapes 127.0.0.1:9751 'banyan_links{kind="up"} 1'
  check "the metrics of worker-2's agent" scrapes 127.0.0.1:9751 'banyan_engine_connected{path="tunnel"} 1' ip netns exec worker-2
  check "the engine's metrics are moved into the tunnel" listens_in_tunnel
  check 'and are read through it' holds_soon scrapes 10.200.0.1:9750 'banyan_agents{state="online"} 2' ip netns exec worker-2
  check 'but not on loopback' is_silent 127.0.0.1:9750
}
