import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** Ranges with a special purpose (IANA's IPv4 registry): no server of the public Internet is there. */
const CLOSED_IPV4 = [
  '0.0.0.0/8', // "this network"; reaches the machine itself on Linux
  '10.0.0.0/8',
  '100.64.0.0/10', // carrier-grade NAT; Alibaba's metadata
  '127.0.0.0/8',
  '169.254.0.0/16', // link-local; the metadata of most clouds
  '172.16.0.0/12',
  '192.0.0.0/24', // protocol assignments; Oracle's metadata
  '192.0.2.0/24',
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16',
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
  '168.63.129.16/32', // looks public, but is Azure's host to each of its virtual machines
]

/** What is handed out to the public Internet; all else (mapped IPv4, unique local, link-local, …) lies outside. */
const OPEN_IPV6 = '2000::/3'

/** Parts of it that lead elsewhere: protocol assignments with Teredo, documentation, 6to4. */
const CLOSED_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

const closed = blockList([...CLOSED_IPV4, ...CLOSED_IPV6])
const open = blockList([OPEN_IPV6])
const loopback = blockList(['127.0.0.0/8', '::1/128'])

/** True for an address of the public Internet. Anything else, what is no IP address too, is none. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !closed.check(address, 'ipv4')
  return isPlainIPv6(address) && open.check(address, 'ipv6') && !closed.check(address, 'ipv6')
}

/** True for an address of this machine. */
export function isLoopbackAddress(address: string): boolean {
  if (isIPv4(address)) return loopback.check(address, 'ipv4')
  return isPlainIPv6(address) && loopback.check(address, 'ipv6')
}

/** A zone (`fe80::1%eth0`) belongs to a local link. */
const isPlainIPv6 = (address: string): boolean => isIPv6(address) && !address.includes('%')

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList()
  for (const subnet of subnets) {
    const [network = '', bits] = subnet.split('/')
    list.addSubnet(network, Number(bits), network.includes(':') ? 'ipv6' : 'ipv4')
  }
  return list
}
