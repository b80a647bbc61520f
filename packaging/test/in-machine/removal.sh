# A client is removed, with a receipt, and comes back.

removes_worker_2() { banyan-engine remove-client --name worker-2 >/srv/receipt && cat /srv/receipt && grep -q '1/1 online agents applied' /srv/receipt; }
are_cut_off() { ! ip netns exec c1 ping -c 2 -W 1 "$(cat /srv/c2)"; }
has_no_network() {
  ip -n worker-2 -o link
  cat "$two"
  ! ip -n worker-2 link show banyan-wg && ! ip -n worker-2 link show banyan0 && [ "$(field state "$two")" = refused ]
}
is_no_peer() { [ -z "$(wg_of banyan-wg peers)" ] && ! wg_of wg-control peers | grep -qxF "$(key_in "$two")"; }
returns() {
  admits worker-2 "$(key_in "$two")" && holds_soon has_links 1 && holds_soon ip -n worker-2 link show banyan0 &&
    [ "$(in_subnet "$(field subnet "$two")" 9)" = "$(cat /srv/c2)" ]
}
# As its runtime would: the bridge is another.
joins_again() { ip -n worker-2 link set c2 master banyan0 up && holds_soon containers_talk; }

removal() {
  check 'banyan-engine remove-client, with a receipt' removes_worker_2
  note "$(grep 'online agents applied' /srv/receipt)"
  check 'its containers are cut off at once' are_cut_off
  check 'it is no peer of anybody' is_no_peer
  check 'its own network is down' holds_soon has_no_network
  check 'it is admitted again, and has its subnet' returns
  check 'its container is on the network again' joins_again
  check 'it is in the tunnel again' holds_soon is_in_tunnel
}
