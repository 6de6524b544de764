using System.Text.Json;
using GitOps.Platform.Logging;
using GitOps.TestKit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace GitOps.Platform.Tests.Logging;

public sealed partial class LoggingTests : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 9, 0, 0, TimeSpan.Zero));

    public void Dispose() => _output.Dispose();

    [Theory]
    [InlineData("logfmt", LogFormat.Logfmt)]
    [InlineData("json", LogFormat.Json)]
    public void Lines_look_like_this(string name, LogFormat format)
    {
        using (var factory = LineLoggerProvider.CreateFactory(_output, format, LogLevel.Information, _time))
        {
            var log = factory.CreateLogger("Agent.Loop");
            Committed(log, 17, "press-1");
            NotShown(log);
            Refused(log, "two\nlines \"quoted\" \u001b[31m", new IOException("outer", new IOException("inner")));
            for (var i = 0; i < 5; i++)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                Committed(log, 18, "");
            }

            Committed(log, 19, "ü");
        }

        Golden.Verify($"logging/lines.{name}.txt", _output.ToString());
    }

    [Fact]
    public void Each_json_line_parses()
    {
        using (var factory = LineLoggerProvider.CreateFactory(_output, LogFormat.Json, LogLevel.Information, _time))
        {
            Refused(factory.CreateLogger("a"), "\u0001\"\\\n\u2028", new InvalidOperationException("x"));
        }

        var line = JsonDocument.Parse(_output.ToString().TrimEnd('\n')).RootElement;
        Assert.Equal("AGT002", line.GetProperty("code").GetString());
        Assert.Equal("\u0001\"\\\n\u2028", line.GetProperty("values").GetProperty("Why").GetString());
    }

    [Fact]
    public void A_thing_said_again_and_again_is_written_once_a_minute_with_its_count()
    {
        using var factory = LineLoggerProvider.CreateFactory(_output, LogFormat.Logfmt, LogLevel.Information, _time);
        var log = factory.CreateLogger("a");
        for (var i = 0; i < 150; i++)
        {
            Committed(log, 1, "n");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        var lines = _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.EndsWith("repeats=60", lines[1], StringComparison.Ordinal);
    }

    [LoggerMessage(EventId = 1, EventName = "AGT001", Level = LogLevel.Information, Message = "generation {Generation} is committed on {Node}")]
    private static partial void Committed(ILogger log, int generation, string node);

    [LoggerMessage(EventId = 3, Level = LogLevel.Debug, Message = "not shown")]
    private static partial void NotShown(ILogger log);

    [LoggerMessage(EventId = 2, EventName = "AGT002", Level = LogLevel.Warning, Message = "refused: {Why}")]
    private static partial void Refused(ILogger log, string why, Exception exception);
}
