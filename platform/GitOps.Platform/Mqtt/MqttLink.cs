using System.Buffers;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using GitOps.Platform.Timing;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Packets;
using MQTTnet.Protocol;

namespace GitOps.Platform.Mqtt;

/// <summary>
/// A connection to a broker that comes back by itself: connects, subscribes, and after any loss does so again with
/// back-off, until disposed. What is published while it is down is not kept: the caller owns its queue.
/// </summary>
public sealed class MqttLink : IAsyncDisposable
{
    private readonly IMqttClient _client;
    private readonly QuietAdapterFactory _wire;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<MqttMessage> _messages;
    private readonly MqttLinkOptions _options;
    private volatile MqttClientOptions _clientOptions;
    private readonly TimeProvider _time;
    private readonly Backoff _backoff;
    private readonly Action<MqttLinkState>? _changed;
    private TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _refusal;
    private Task _running = Task.CompletedTask;
    private long _dropped;

    /// <param name="changed">Told of every change of <see cref="State"/>, from the link's own loop.</param>
    public MqttLink(MqttLinkOptions options, TimeProvider time, Random random, Action<MqttLinkState>? changed = null)
    {
        (_options, _time, _changed) = (options, time, changed);
        _wire = new QuietAdapterFactory(options.KeepAlive, time);
        _client = new MqttClientFactory().CreateMqttClient(_wire);
        _clientOptions = Build(options);
        _backoff = new Backoff(options.InitialBackoff, options.MaximumBackoff, random);
        _messages = Channel.CreateBounded<MqttMessage>(new BoundedChannelOptions(options.QueueLimit) { SingleReader = true });
        _client.ApplicationMessageReceivedAsync += ReceiveAsync;
        _client.DisconnectedAsync += lost =>
        {
            _lost.TrySetResult(lost.Exception?.Message ?? lost.ReasonString ?? lost.Reason.ToString());
            return Task.CompletedTask;
        };
    }

    /// <summary>What came in, in order. Ends when the link is disposed.</summary>
    public ChannelReader<MqttMessage> Messages => _messages.Reader;

    /// <summary>As of now.</summary>
    public MqttLinkState State { get; private set; } = new MqttLinkState.Stopped();

    /// <summary>QoS 0 messages thrown away because the reader was behind.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Shows another certificate: the connection that there is ends with a goodbye, and the next one begins with it.</summary>
    public Task PresentAsync(X509Certificate2 identity)
    {
        _clientOptions = Build(_options with { Identity = identity });
        return _client.IsConnected ? LeaveAsync(MqttClientDisconnectOptionsReason.NormalDisconnection) : Task.CompletedTask;
    }

    /// <summary>Begins connecting; once.</summary>
    public void Start() => _running = RunAsync(_stop.Token);

    /// <summary>Publishes.</summary>
    /// <returns>
    /// QoS 1: whether the broker has acknowledged it; QoS 0: whether it was sent. False also means "perhaps": send it again.
    /// </returns>
    public async Task<bool> PublishAsync(
        string topic, ReadOnlyMemory<byte> payload, MqttQuality quality, bool retain, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken, _stop.Token);
        try
        {
            return _client.IsConnected && (await _client.PublishAsync(Message(topic, payload, quality, retain), either.Token).ConfigureAwait(false)).IsSuccess;
        }
        catch (Exception failure) when (IsOfTheWorld(failure, cancellationToken))
        {
            return false;
        }
    }

    /// <summary>Publishes many with QoS 0, in few writes.</summary>
    /// <returns>Whether all were sent. False: any of them may not have been, send them again.</returns>
    public async Task<bool> PublishAllAsync(IReadOnlyCollection<KeyValuePair<string, byte[]>> messages, bool retain, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken, _stop.Token);
        if (!_client.IsConnected || _wire.Channel is not { } channel)
        {
            return false;
        }

        try
        {
            channel.IsGathering = true;
            foreach (var (topic, payload) in messages)
            {
                await _client.PublishAsync(Message(topic, payload, MqttQuality.AtMostOnce, retain), either.Token).ConfigureAwait(false);
            }

            await channel.FlushAsync(either.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure) when (IsOfTheWorld(failure, cancellationToken))
        {
            return false;
        }
        finally
        {
            channel.IsGathering = false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        if (_client.IsConnected)
        {
            await LeaveAsync(MqttClientDisconnectOptionsReason.NormalDisconnection).ConfigureAwait(false);
        }

        _client.Dispose();
        _messages.Writer.TryComplete();
        Become(new MqttLinkState.Stopped());
    }

    private static MqttApplicationMessage Message(string topic, ReadOnlyMemory<byte> payload, MqttQuality quality, bool retain) => new()
    {
        Topic = topic,
        Payload = new ReadOnlySequence<byte>(payload),
        QualityOfServiceLevel = (MqttQualityOfServiceLevel)quality,
        Retain = retain,
    };

    private MqttClientOptions Build(MqttLinkOptions options) => MqttOptions.Build(options, refused => _refusal = refused.Because);

    private async Task RunAsync(CancellationToken stop)
    {
        await Task.Yield(); // Start returns at once, also when the first connect fails at once
        try
        {
            while (true)
            {
                var because = await ConnectAsync(stop).ConfigureAwait(false);
                if (because is null)
                {
                    _backoff.Reset();
                    Become(new MqttLinkState.Connected());
                    because = await KeepAsync(stop).ConfigureAwait(false);
                }

                _backoff.Maximum = _options.ReconnectWindow?.Invoke() ?? _options.MaximumBackoff;
                var wait = _backoff.Next();
                Become(new MqttLinkState.Disconnected(because, wait));
                await Task.Delay(wait, _time, stop).ConfigureAwait(false);
            }
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // Disposed: the only way out. MQTTnet and the socket below wrap a cancellation in exceptions of their own.
        }
    }

    /// <summary>Asks for a sign of life whenever the link was silent for long, until it is lost; why it is.</summary>
    private async Task<string> KeepAsync(CancellationToken stop)
    {
        while (true)
        {
            var left = _wire.KeepAlive - _wire.Silence;
            if (left <= TimeSpan.Zero && !await IsAliveAsync(stop).ConfigureAwait(false))
            {
                await LeaveAsync(MqttClientDisconnectOptionsReason.DisconnectWithWillMessage).ConfigureAwait(false);
                return $"no sign of life within {_options.Timeout.TotalSeconds:0} s";
            }

            try
            {
                return await _lost.Task.WaitAsync(left > TimeSpan.Zero ? left : _wire.KeepAlive, _time, stop).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // Silent for long, or something was said meanwhile.
            }
        }
    }

    private async Task<bool> IsAliveAsync(CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            await _client.PingAsync(either.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure) when (IsOfTheWorld(failure, stop))
        {
            return false;
        }
    }

    private async Task LeaveAsync(MqttClientDisconnectOptionsReason reason)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        try
        {
            await _client.DisconnectAsync(new MqttClientDisconnectOptions { Reason = reason }, limit.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (IsOfTheWorld(failure, CancellationToken.None))
        {
            // It went away while we said goodbye.
        }
    }

    /// <summary>Null when connected and subscribed, else why not.</summary>
    private async Task<string?> ConnectAsync(CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        _refusal = null;
        _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            var options = _clientOptions;
            options.Credentials = _options.Login?.Invoke() is { } login ? new MqttClientCredentials(login.User, login.Password.ToArray()) : null;
            var answer = await _client.ConnectAsync(options, either.Token).ConfigureAwait(false);
            if (answer.ResultCode != MqttClientConnectResultCode.Success)
            {
                return $"the broker refused: {answer.ResultCode} {answer.ReasonString}".TrimEnd();
            }

            return await SubscribeAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (!stop.IsCancellationRequested) // the loop's edge: whatever it was, the next try may do
        {
            return _refusal is { } refusal ? $"the broker is not who it should be: {refusal}"
                : limit.IsCancellationRequested ? $"no answer within {_options.Timeout.TotalSeconds:0} s"
                : failure.GetBaseException().Message;
        }
    }

    private async Task<string?> SubscribeAsync(CancellationToken cancellationToken)
    {
        if (_options.Subscriptions.Count == 0)
        {
            return null;
        }

        var filters = _options.Subscriptions.Select(subscription => new MqttTopicFilter
        {
            Topic = subscription.Topic,
            QualityOfServiceLevel = (MqttQualityOfServiceLevel)subscription.Quality,
        });
        var request = new MqttClientSubscribeOptions { TopicFilters = [.. filters] };
        var answer = await _client.SubscribeAsync(request, cancellationToken).ConfigureAwait(false);
        if (answer.Items.FirstOrDefault(item => (int)item.ResultCode >= 128) is not { } refused)
        {
            return null;
        }

        await _client.DisconnectAsync(new MqttClientDisconnectOptions(), cancellationToken).ConfigureAwait(false);
        return $"the broker refused the subscription to {refused.TopicFilter.Topic}: {refused.ResultCode}";
    }

    /// <summary>QoS 0 is dropped when the reader is behind; QoS 1 waits, and the unanswered broker waits with it.</summary>
    private async Task ReceiveAsync(MqttApplicationMessageReceivedEventArgs received)
    {
        var message = received.ApplicationMessage;
        var copy = new MqttMessage(message.Topic, message.Payload.ToArray(), message.Retain);
        if (_messages.Writer.TryWrite(copy))
        {
            return;
        }

        if (message.QualityOfServiceLevel == MqttQualityOfServiceLevel.AtMostOnce)
        {
            Interlocked.Increment(ref _dropped);
            return;
        }

        try
        {
            await _messages.Writer.WriteAsync(copy, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or ChannelClosedException)
        {
            received.AutoAcknowledge = false; // nobody has it
        }
    }

    private void Become(MqttLinkState state)
    {
        State = state;
        _changed?.Invoke(state);
    }

    /// <summary>MQTTnet wraps some failures of the network and passes others on as they are.</summary>
    private static bool IsOfTheWorld(Exception failure, CancellationToken cancellationToken) =>
        !cancellationToken.IsCancellationRequested
        && failure is MqttCommunicationException or MqttProtocolViolationException or OperationCanceledException or IOException
            or System.Net.Sockets.SocketException or System.Security.Authentication.AuthenticationException
            or System.Net.WebSockets.WebSocketException or ObjectDisposedException;
}
