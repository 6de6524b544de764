using System.Globalization;
using GitOps.Bundles.Reports;
using GitOps.ControlPlane.Distribution;
using GitOps.ControlPlane.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace GitOps.ControlPlane.Values;

/// <summary>Where nodes tell the values of their devices, over HTTP (docs/contracts.md §19).</summary>
public sealed class ValueEndpoint(ValueBook book, ILogger<ValueEndpoint> logger)
{
    /// <param name="node">Who asks, by certificate.</param>
    public async Task AnswerAsync(HttpContext context, string node)
    {
        if (await BoundedBody.ReadAsync(context.Request, ValueRecord.MaxBodyBytes, context.RequestAborted).ConfigureAwait(false) is not { } body)
        {
            await HttpProblem.WriteAsync(context, StatusCodes.Status413PayloadTooLarge, ValueCodes.TooLong,
                $"a body of values has at most {ValueRecord.MaxBodyBytes} bytes", "tell fewer at once").ConfigureAwait(false);
            return;
        }

        switch (await book.KeepAsync(node, body, context.RequestAborted).ConfigureAwait(false))
        {
            case ValueOutcome.Kept(var receipt):
                if (receipt.Refused > 0)
                {
                    DistributionLog.ValuesRefused(logger, receipt.Refused, node, receipt.Why);
                }

                context.Response.ContentType = "application/json";
                await context.Response.Body.WriteAsync(ReportJson.Write(receipt), context.RequestAborted).ConfigureAwait(false);
                break;
            case ValueOutcome.TryAgain(var problem, var after):
                context.Response.Headers.RetryAfter = after.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
                await HttpProblem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, problem).ConfigureAwait(false);
                break;
        }
    }
}
