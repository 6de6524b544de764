using System.Diagnostics;
using System.Runtime.CompilerServices;
using Xunit;

namespace GitOps.TestKit;

/// <summary>Waits for what happens in another process or thread and gives no signal.</summary>
public static class Eventually
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(10);

    /// <summary>Returns when the condition holds; fails the test when it does not within the limit.</summary>
    /// <param name="limit">Generous: it is reached by failing tests only. Ten seconds by default.</param>
    public static Task BecomesTrue(
        Func<bool> condition,
        TimeSpan? limit = null,
        CancellationToken cancellationToken = default,
        [CallerArgumentExpression(nameof(condition))] string what = "") =>
        BecomesTrue(() => Task.FromResult(condition()), limit, cancellationToken, what);

    /// <inheritdoc cref="BecomesTrue(Func{bool}, TimeSpan?, CancellationToken, string)"/>
    public static async Task BecomesTrue(
        Func<Task<bool>> condition,
        TimeSpan? limit = null,
        CancellationToken cancellationToken = default,
        [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var (within, watch) = (limit ?? TimeSpan.FromSeconds(10), Stopwatch.StartNew());
        while (!await condition())
        {
            Assert.True(watch.Elapsed < within, $"did not become true within {within}: {what}");
            await Task.Delay(Period, cancellationToken);
        }
    }
}
