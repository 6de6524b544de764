using GitOps.Platform.Processes;
using GitOps.TestKit.Net;

namespace GitOps.TestKit.Mqtt;

/// <summary>A Mosquitto broker of a test's own; skips the test where the program is missing.</summary>
public sealed class TestMosquitto : LoopbackServer
{
    private readonly string _program = NeedsPackage.OrSkip("mosquitto");

    /// <param name="options">Configuration lines after <c>listener</c>, such as <c>cafile …</c>; default: anonymous, plain.</param>
    private TestMosquitto(IReadOnlyList<string> options) => File.WriteAllLines(
        Directory["mosquitto.conf"],
        ["user root", "persistence false", "log_dest stderr", "set_tcp_nodelay true", $"listener {Port} 127.0.0.1", .. options]);

    protected override Command Command => new([_program, "-c", Directory["mosquitto.conf"]]);

    /// <summary>Starts a broker and waits until it accepts connections.</summary>
    public static Task<TestMosquitto> StartAsync(IReadOnlyList<string>? options, CancellationToken cancellationToken) =>
        StartAsync(new TestMosquitto(options ?? ["allow_anonymous true"]), cancellationToken);
}
