# What containers get through the kernel's WireGuard, of what they get where it was set up by hand: bench/throughput.ts,
# whose hosts are namespaces of this machine, on the code that the package has installed.

has_no_other() { [ -d /usr/lib/banyan/dist/bench ] && ! command -v wireguard-go && modinfo wireguard; }
# It ends with 1 where the figure falls short, too.
measures() {
  /usr/lib/banyan/node_modules/.bin/node /usr/lib/banyan/dist/bench/throughput.js >/srv/throughput
  grep -q -e ' ok$' -e ' SHORT$' /srv/throughput
}
reaches_limit() { grep -q ' ok$' /srv/throughput; }

throughput() {
  report_machine
  check "the kernel's WireGuard, and no other" has_no_other
  check 'nine rounds of five seconds each, in turns' measures
  check 'through Banyan nearly as much passes as by hand' reaches_limit
  while IFS= read -r line; do note "$line"; done </srv/throughput
}
