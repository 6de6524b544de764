using Microsoft.Extensions.Logging;

namespace GitOps.Platform.Logging;

/// <summary>
/// Writes log lines to a text writer (standard error, for a program), one line each. A line that says the same as the one
/// before is counted instead of written; the count follows when something else is said, after a minute, or at the end.
/// </summary>
public sealed class LineLoggerProvider(TextWriter writer, LogFormat format, LogLevel minimum, TimeProvider time)
    : ILoggerProvider
{
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);
    private readonly Lock _lock = new();
    private LogLine? _last;
    private DateTimeOffset _writtenAt;
    private int _repeats;

    public ILogger CreateLogger(string categoryName) => new LineLogger(this, categoryName);

    /// <summary>
    /// A factory over this provider alone: the agent composes without a container. The framework logs each request twice;
    /// of it only warnings are let through, unless everything is asked for.
    /// </summary>
    public static ILoggerFactory CreateFactory(TextWriter writer, LogFormat format, LogLevel minimum, TimeProvider time)
    {
        var filter = new LoggerFilterOptions { MinLevel = minimum };
        if (minimum is LogLevel.Information)
        {
            filter.Rules.Add(new LoggerFilterRule(null, "Microsoft.AspNetCore", LogLevel.Warning, null));
        }

        return new LoggerFactory([new LineLoggerProvider(writer, format, minimum, time)], filter);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            WriteRepeats();
            writer.Flush();
        }
    }

    private void Add(LogLine line)
    {
        lock (_lock)
        {
            if (_last is not null && line.SaysTheSameAs(_last))
            {
                (_last, _repeats) = (line, _repeats + 1);
                if (line.Time - _writtenAt >= LongestSilence)
                {
                    WriteRepeats();
                }

                return;
            }

            WriteRepeats();
            (_last, _writtenAt) = (line, line.Time);
            writer.WriteLine(LogLineWriter.Write(line, repeats: 0, format));
        }
    }

    private void WriteRepeats()
    {
        if (_last is { } last && _repeats > 0)
        {
            writer.WriteLine(LogLineWriter.Write(last, _repeats, format));
            (_repeats, _writtenAt) = (0, last.Time);
        }
    }

    private sealed class LineLogger(LineLoggerProvider provider, string source) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= provider.Minimum && logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                provider.Add(LogLine.From(provider.Now, logLevel, source, eventId, state, exception, formatter));
            }
        }
    }

    private LogLevel Minimum => minimum;

    private DateTimeOffset Now => time.GetUtcNow();
}
