resource "aws_sns_topic" "operators" {
  name              = "${var.name}-operators"
  kms_master_key_id = aws_kms_key.documents.id
}

resource "aws_sns_topic_subscription" "operators" {
  for_each = var.operators

  topic_arn = aws_sns_topic.operators.arn
  protocol  = "https"
  endpoint  = each.value
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name}-errors"
  alarm_description   = "The release that customers meet fails"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"

  dimensions = {
    FunctionName = aws_lambda_function.documents.function_name
    Resource     = "${aws_lambda_function.documents.function_name}:${aws_lambda_alias.live.name}"
  }
}

resource "aws_cloudwatch_metric_alarm" "failing_share" {
  alarm_name          = "${var.name}-failing-share"
  alarm_description   = "More than one document in twenty cannot be looked at"
  evaluation_periods  = 2
  threshold           = 5
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"

  metric_query {
    id          = "share"
    label       = "failing, per cent"
    expression  = "100 * errors / invocations"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = toset(["Errors", "Invocations"])

    content {
      id = lower(metric_query.key)

      metric {
        namespace   = "AWS/Lambda"
        metric_name = metric_query.key
        stat        = "Sum"
        period      = 300
        dimensions  = { FunctionName = aws_lambda_function.documents.function_name }
      }
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "trouble" {
  alarm_name        = "${var.name}-trouble"
  alarm_description = "Somebody should look"
  alarm_actions     = [aws_sns_topic.operators.arn]
  ok_actions        = [aws_sns_topic.operators.arn]

  alarm_rule = join(" OR ", formatlist("ALARM(\"%s\")", concat(
    [aws_cloudwatch_metric_alarm.failing_share.alarm_name],
    module.archive[*].alarm_name,
  )))
}

resource "aws_cloudwatch_dashboard" "documents" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [
      {
        type   = "metric"
        x      = 0
        y      = 0
        width  = 12
        height = 6
        properties = {
          title  = "Documents"
          region = local.region
          stat   = "Sum"
          metrics = [for name in ["Invocations", "Errors", "Throttles"] :
            ["AWS/Lambda", name, "FunctionName", aws_lambda_function.documents.function_name]
          ]
        }
      },
      {
        type   = "alarm"
        x      = 12
        y      = 0
        width  = 12
        height = 6
        properties = {
          title  = "Alarms"
          alarms = [aws_cloudwatch_composite_alarm.trouble.arn]
        }
      },
    ]
  })
}
