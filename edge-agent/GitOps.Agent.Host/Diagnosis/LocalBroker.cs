using System.Globalization;
using GitOps.Agent.Host.Devices;
using GitOps.Platform.Mqtt;

namespace GitOps.Agent.Host.Diagnosis;

/// <summary>Tries the broker of the node itself, under another name than the agent's, so that nobody is cut off.</summary>
internal static class LocalBroker
{
    private const string Name = "local broker";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <param name="login">Where it asks.</param>
    public static async Task<Check> LookAsync(Uri broker, BrokerLogin? login, TimeProvider time, CancellationToken cancellationToken)
    {
        if (login?.TryRead().Why is { } unreadable)
        {
            return Check.Fail(Name, $"the login of {broker} cannot be read: {unreadable}", "write user:password in one line, for the agent's user alone (chmod 600): localBrokerLogin in agent.json names it");
        }

        var seen = new TaskCompletionSource<MqttLinkState>(TaskCreationOptions.RunContinuationsAsynchronously);
        var options = new MqttLinkOptions(broker, string.Create(CultureInfo.InvariantCulture, $"gitops-doctor-{Random.Shared.Next():x8}"))
        {
            Login = login is null ? null : login.Read,
            Timeout = Limit,
        };
        await using var link = new MqttLink(options, time, Random.Shared, state =>
        {
            if (state is MqttLinkState.Connected or MqttLinkState.Disconnected)
            {
                seen.TrySetResult(state);
            }
        });
        link.Start();
        return await seen.Task.WaitAsync(cancellationToken) is MqttLinkState.Disconnected(var because, _)
            ? Check.Warn(Name, $"{broker}: {because}; applications on this node are told nothing", "start the broker, or see in its log whom it refuses; where it asks for a login, localBrokerLogin in agent.json names the file")
            : Check.Ok(Name, $"{broker} takes what devices say");
    }
}
