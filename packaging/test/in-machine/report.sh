# Lines of the report go to the second serial port, which scripts/test-vm reads.
failed=0

# Goes on where the boot before has ended.
open_report() {
  exec 3>/dev/ttyS1
  [ ! -e /srv/failed ] || failed=$(cat /srv/failed)
}
keep_count() { echo "$failed" >/srv/failed; }
end_report() { report "DONE $failed"; }

report() { printf '%s\r\n' "$*" >&3; }
note() { report "        $*"; }
# The first lines of every report.
report_machine() {
  report "$(uname -sr), $(systemctl --version | head -n 1 | cut -d' ' -f1,2), one processor of 1,000 million instructions a second"
  report "banyan.deb of commit $(cat /package/commit): $(stat -c %s /package/banyan.deb) bytes"
}

# Runs a check, in this shell: `check SENTENCE COMMAND…`. What it says is reported when it fails, and is in /tmp/said.
check() {
  local what=$1 started=$SECONDS
  shift
  if "$@" >/tmp/said 2>&1; then
    report "ok      $what ($((SECONDS - started)) s)"
  else
    report "FAILED  $what"
    while IFS= read -r line; do note "$line"; done < <(tail -n 30 /tmp/said)
    failed=$((failed + 1))
  fi
}

# Waits up to five minutes, for this machine is emulated: `holds_soon COMMAND…`.
holds_soon() {
  local _
  for _ in $(seq 600); do
    if "$@"; then return; fi
    sleep 0.5
  done
  return 1
}

# A text in a JSON file: `field NAME FILE`. Without Node, whose start takes seconds in here.
field() { grep -o "\"$1\": *\"[^\"]*\"" "$2" | head -n 1 | sed 's/.*: *"\(.*\)"/\1/'; }
# Names in a list of a JSON file, on one line: `names learned FILE`.
names() { tr -d '\n ' <"$2" | grep -o "\"$1\":\[[^]]*\]" | sed 's/.*\[\(.*\)\]/\1/; s/"//g'; }

active() { [ "$(systemctl is-active "$1")" = active ]; }
main_process() { systemctl show --value -p MainPID "$1"; }
restarted() { active "$1" && [ "$(main_process "$1")" != "$2" ]; }
