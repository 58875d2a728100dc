// Says what to do when a Node too old for libp2p and for native ML-KEM runs the project's scripts.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 || (major === 24 && minor < 7)) {
  console.error(`Conclave needs Node 24.7 or later; this is ${process.versions.node}.`)
  console.error('npm brings the right one along as a development dependency, unless it was told to leave those out.')
  console.error('Try: npm ci   (without --omit=dev and without --ignore-scripts)')
  process.exit(1)
}
