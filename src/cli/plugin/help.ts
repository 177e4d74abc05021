/** What `/dragoman:help` prints. */
export const PLUGIN_HELP = `Dragoman leads Claude Code to models on Azure OpenAI, Azure AI Foundry, OpenAI, Gemini and others.

  /dragoman:setup    test the models, start the gateway, lead every session through it; once is enough
  /dragoman:status   whether the gateway runs, and whether Claude Code goes through it
  /dragoman:test     ask every model something small, and show what works
  /dragoman:config   every setting and where it came from; secrets are masked
  /dragoman:off      give Claude Code its own settings back; the gateway goes on for sessions that run
  /dragoman:on       lead Claude Code through the gateway again
  /dragoman:stop     off, and the gateway ends
  /dragoman:start    the same as on
  /dragoman:restart  end the gateway and start it anew

Options: /plugin, then Dragoman, then Configure; or in a shell
  claude plugin configure dragoman@dragoman
and then /dragoman:setup again.
`

/** Why setup cannot go on, and what to do. */
export const UNCONFIGURED = `There is nothing to connect to yet. Say where your models are, in one of these ways, and run /dragoman:setup again:
  - the plugin's options: /plugin, then Dragoman, then Configure (endpoint, api_key, big_deployment, …)
  - the same in a shell: "claude plugin configure dragoman@dragoman" lists them, and --values-stdin sets them
  - a config file of your own: ~/.config/dragoman/dragoman.yaml, or what "npx dragoman setup" writes`
