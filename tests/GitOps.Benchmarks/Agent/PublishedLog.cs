using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace GitOps.Benchmarks.Agent;

/// <summary>
/// When the control plane opened revisions: it says so in its log once the pointers are on its disk and before it sends hints.
/// </summary>
internal sealed class PublishedLog : ILoggerProvider, ILogger
{
    private const int Opened = 6;
    private readonly ConcurrentDictionary<string, TaskCompletionSource<long>> _opened = new(StringComparer.Ordinal);

    /// <summary>The moment, as <see cref="Stopwatch.GetTimestamp"/> tells it.</summary>
    public Task<long> OfAsync(string revision) => Of(revision).Task;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id == Opened && state is IReadOnlyList<KeyValuePair<string, object?>> values &&
            values.FirstOrDefault(value => value.Key == "Revision").Value is string revision)
        {
            Of(revision).TrySetResult(Stopwatch.GetTimestamp());
        }
        else if (logLevel >= LogLevel.Error)
        {
            Console.Error.WriteLine(formatter(state, exception));
        }
    }

    public void Dispose()
    {
        // Nothing is held.
    }

    private TaskCompletionSource<long> Of(string revision) =>
        _opened.GetOrAdd(revision, _ => new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously));
}
