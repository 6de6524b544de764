using System.Globalization;
using Microsoft.Extensions.Logging;

namespace GitOps.Platform.Logging;

/// <summary>One thing to say. Equal but for the time means said before.</summary>
/// <param name="Code">The event's name where it has one (<c>AGT031</c>), else its number; null without either.</param>
/// <param name="Values">The values of the message's placeholders, in order.</param>
internal sealed record LogLine(
    DateTimeOffset Time, LogLevel Level, string Source, string? Code, string Message,
    IReadOnlyList<KeyValuePair<string, string>> Values, string? Error)
{
    public static LogLine From<TState>(
        DateTimeOffset time, LogLevel level, string source, EventId id, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        var code = id.Name ?? (id.Id == 0 ? null : id.Id.ToString(CultureInfo.InvariantCulture));
        var values = state is IReadOnlyList<KeyValuePair<string, object?>> named
            ? named.Where(value => value.Key != "{OriginalFormat}")
                .Select(value => KeyValuePair.Create(
                    value.Key, Convert.ToString(value.Value, CultureInfo.InvariantCulture) ?? ""))
            : [];
        // The stack is for our bugs; what the world did is told by the messages, each once.
        var error = exception is null ? null
            : level >= LogLevel.Error ? exception.ToString()
            : string.Join(": ", Chain(exception).Select(e => e.Message).Distinct());
        return new LogLine(time, level, source, code, formatter(state, exception), [.. values], error);
    }

    public bool SaysTheSameAs(LogLine other) =>
        Level == other.Level && Source == other.Source && Code == other.Code && Message == other.Message && Error == other.Error
        && Values.SequenceEqual(other.Values);

    private static IEnumerable<Exception> Chain(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            yield return exception;
        }
    }
}
