// `npm start`: a chat. Words behind `--` that begin with the name of a command run that one: `npm start -- simulate`.
const [word = ''] = process.argv.slice(2)
if (!/^[a-z]/.test(word)) process.argv.splice(2, 0, 'peer')
await import('../bin/conclave.js')
