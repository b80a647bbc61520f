# Crashes and an upgrade, with containers that talk on.

comes_back() { # after it is killed
  local before
  before=$(main_process "$1")
  kill -9 "$before"
  holds_soon restarted "$1" "$before"
}
restarts() {
  check 'the agent comes back after kill -9, and no ping is lost' keeps_pinging 0.2 0 comes_back banyan-agent
  check 'the engine comes back after kill -9, and no ping is lost' keeps_pinging 0.2 0 comes_back banyan-engine
  check 'and finds its agents' holds_soon is_online
}

upgrades() {
  local engine agent
  engine=$(main_process banyan-engine)
  agent=$(main_process banyan-agent)
  apt-get -q -y install /package/newer.deb </dev/null && restarted banyan-engine "$engine" &&
    restarted banyan-agent "$agent" && holds_soon has_links 1 &&
    [ "$(field version "$one")" = "$(dpkg-query -W -f '${Version}' banyan)" ]
}
upgrade() {
  check 'both are upgraded, and no ping is lost' keeps_pinging 0.2 0 upgrades
  note_pings
}

is_readable() { # one line of text for each event, and no escape sequence
  journalctl --no-pager -o cat -u banyan-engine -u banyan-agent -t banyan-engine -t banyan-agent >/srv/journal
  [ "$(wc -l </srv/journal)" -gt 8 ] && ! grep -q '[[:cntrl:]]' /srv/journal &&
    grep -q 'ready on TCP port 50051' /srv/journal && grep -q 'client.admitted worker-2' /srv/journal
}
is_quiet() { ! journalctl --no-pager -k -b -o cat | grep -E 'banyan.*denied|segfault|type=1326|Oops|BUG:|Call Trace'; }
