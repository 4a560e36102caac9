import { useState } from 'react';
import { useConfig } from '../../app/configContext.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { ChannelPanel } from './ChannelPanel.js';
import { Chat } from './Chat.js';
import { useChat } from './useChat.js';
import './try.css';

/** Calls an agent from the browser, with the receipt of each answer beside it. */
export function TryPage() {
  const config = useConfig();
  const [apiKey, setApiKey] = useState(config.apiKey ?? '');
  const [model, setModel] = useState(config.models?.[0] ?? '');
  const chat = useChat(apiKey, model);
  const channelId = chat.turns.findLast(({ call }) => call !== undefined)?.call?.receipt.receipt.channelId;
  if (config.gatewayUrl === undefined) {
    return (
      <div className="page">
        <h1>Try it</h1>
        <EmptyState icon="send" title="No gateway is configured">
          Calls go through a gateway: name one as gatewayUrl in config.json.
        </EmptyState>
      </div>
    );
  }
  return (
    <div className="page">
      <div className="page-head">
        <div>
          <h1>Try it</h1>
          <p>Ask the agent. Every answer comes with a signed receipt, which this browser checks by itself.</p>
        </div>
      </div>
      <div className="columns">
        <Chat chat={chat} model={model} isReady={apiKey !== '' && model !== ''} />
        <div className="stack">
          <ChannelPanel channelId={channelId ?? config.channelId} turns={chat.turns} />
          <section className="card stack" aria-labelledby="key-title">
            <h2 id="key-title">How you call</h2>
            <div className="field">
              <label htmlFor="model">Model</label>
              <input
                id="model"
                className="input"
                value={model}
                list="models"
                onChange={(event) => setModel(event.target.value)}
              />
              <datalist id="models">
                {config.models?.map((name) => (
                  <option key={name} value={name} />
                ))}
              </datalist>
            </div>
            <div className="field">
              <label htmlFor="key">API key</label>
              <input
                id="key"
                className="input mono"
                value={apiKey}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setApiKey(event.target.value)}
              />
              <span className="hint">
                {apiKey !== config.apiKey
                  ? 'It stays in this page. It spends from the channel that it belongs to.'
                  : 'Filled in because this is your local stack: it is only told to browsers on this machine.'}
              </span>
            </div>
            {config.publicGatewayUrl !== undefined && (
              <p className="small muted">
                Any OpenAI client works the same way: base URL <code>{config.publicGatewayUrl}</code>
              </p>
            )}
          </section>
        </div>
      </div>
    </div>
  );
}
