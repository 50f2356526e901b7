# A push to `main` is built and released: a new version of the function, to which CodeDeploy moves the alias little by little.

resource "aws_codecommit_repository" "documents" {
  repository_name = var.name
  description     = "The function that looks at documents"
}

module "artifacts" {
  source = "./modules/private-bucket"

  name_prefix = "${var.name}-artifacts-"
  expire      = var.keep_days > 0 ? { "" = 30 } : {}
}

data "aws_iam_policy_document" "delivery_trust" {
  for_each = toset(["codebuild", "codedeploy", "codepipeline", "events"])

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["${each.key}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "delivery" {
  for_each = data.aws_iam_policy_document.delivery_trust

  name               = "${var.name}-${each.key}"
  path               = "/delivery/"
  assume_role_policy = each.value.json
}

data "aws_iam_policy_document" "build" {
  statement {
    sid       = "Artifacts"
    actions   = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
    resources = ["${module.artifacts.arn}/*"]
  }

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.build.arn}:*"]
  }

  statement {
    sid       = "Settings"
    actions   = ["ssm:GetParameters"]
    resources = [aws_ssm_parameter.limit.arn]
  }

  statement {
    sid       = "Release"
    actions   = ["lambda:UpdateFunctionCode", "lambda:GetFunction", "lambda:GetAlias"]
    resources = [aws_lambda_function.documents.arn, "${aws_lambda_function.documents.arn}:*"]
  }

  statement {
    sid     = "Deploy"
    actions = ["codedeploy:CreateDeployment", "codedeploy:GetDeployment*", "codedeploy:RegisterApplicationRevision"]
    resources = [
      aws_codedeploy_app.documents.arn,
      aws_codedeploy_deployment_group.live.arn,
      "arn:${local.partition}:codedeploy:${local.region}:${local.account}:deploymentconfig:*",
    ]
  }
}

data "aws_iam_policy_document" "pipeline" {
  statement {
    sid       = "Artifacts"
    actions   = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:GetBucketVersioning"]
    resources = [module.artifacts.arn, "${module.artifacts.arn}/*"]
  }

  statement {
    sid = "Source"
    actions = [
      "codecommit:CancelUploadArchive",
      "codecommit:GetBranch",
      "codecommit:GetCommit",
      "codecommit:GetUploadArchiveStatus",
      "codecommit:UploadArchive",
    ]
    resources = [aws_codecommit_repository.documents.arn]
  }

  statement {
    sid       = "Build"
    actions   = ["codebuild:BatchGetBuilds", "codebuild:StartBuild"]
    resources = [aws_codebuild_project.release.arn]
  }
}

data "aws_iam_policy_document" "push" {
  statement {
    actions   = ["codepipeline:StartPipelineExecution"]
    resources = [aws_codepipeline.documents.arn]
  }
}

resource "aws_iam_role_policy" "delivery" {
  for_each = {
    codebuild    = data.aws_iam_policy_document.build.json
    codepipeline = data.aws_iam_policy_document.pipeline.json
    events       = data.aws_iam_policy_document.push.json
  }

  name   = "work"
  role   = aws_iam_role.delivery[each.key].name
  policy = each.value
}

resource "aws_iam_role_policy_attachment" "deploy" {
  role       = aws_iam_role.delivery["codedeploy"].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda"
}

# Conversions run in containers; their images are kept here.

resource "aws_ecr_repository" "conversion" {
  name                 = "${var.name}/conversion"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = true

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_lifecycle_policy" "conversion" {
  repository = aws_ecr_repository.conversion.name

  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Keep the last ten"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 10 }
      action       = { type = "expire" }
    }]
  })
}

resource "aws_cloudwatch_log_group" "build" {
  name              = "/aws/codebuild/${var.name}-release"
  retention_in_days = 30
}

resource "aws_codebuild_project" "release" {
  name          = "${var.name}-release"
  description   = "Tests the function, publishes a version of it and starts its deployment"
  service_role  = aws_iam_role.delivery["codebuild"].arn
  build_timeout = 30

  artifacts {
    type = "CODEPIPELINE"
  }

  environment {
    compute_type = "BUILD_GENERAL1_SMALL"
    image        = "aws/codebuild/amazonlinux-aarch64-standard:3.0"
    type         = "ARM_CONTAINER"

    environment_variable {
      name  = "FUNCTION"
      value = aws_lambda_function.documents.function_name
    }

    environment_variable {
      name  = "DEPLOYMENT_GROUP"
      value = aws_codedeploy_deployment_group.live.deployment_group_name
    }

    environment_variable {
      name  = "LIMIT_MB"
      type  = "PARAMETER_STORE"
      value = aws_ssm_parameter.limit.name
    }
  }

  logs_config {
    cloudwatch_logs {
      group_name = aws_cloudwatch_log_group.build.name
    }
  }

  source {
    type      = "CODEPIPELINE"
    buildspec = file("${path.module}/buildspec.yml")
  }
}

resource "aws_codedeploy_app" "documents" {
  name             = var.name
  compute_platform = "Lambda"
}

resource "aws_codedeploy_deployment_config" "careful" {
  deployment_config_name = "${var.name}-careful"
  compute_platform       = "Lambda"

  traffic_routing_config {
    type = "TimeBasedCanary"

    time_based_canary {
      interval   = 5
      percentage = 10
    }
  }
}

resource "aws_codedeploy_deployment_group" "live" {
  app_name               = aws_codedeploy_app.documents.name
  deployment_group_name  = "live"
  service_role_arn       = aws_iam_role.delivery["codedeploy"].arn
  deployment_config_name = aws_codedeploy_deployment_config.careful.id

  deployment_style {
    deployment_option = "WITH_TRAFFIC_CONTROL"
    deployment_type   = "BLUE_GREEN"
  }

  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]
  }

  alarm_configuration {
    enabled = true
    alarms  = [aws_cloudwatch_metric_alarm.errors.alarm_name]
  }

  trigger_configuration {
    trigger_name       = "operators"
    trigger_events     = ["DeploymentFailure", "DeploymentRollback"]
    trigger_target_arn = aws_sns_topic.operators.arn
  }
}

resource "aws_codepipeline" "documents" {
  name          = var.name
  role_arn      = aws_iam_role.delivery["codepipeline"].arn
  pipeline_type = "V2"

  artifact_store {
    type     = "S3"
    location = module.artifacts.name
  }

  stage {
    name = "Source"

    action {
      name             = "Repository"
      category         = "Source"
      owner            = "AWS"
      provider         = "CodeCommit"
      version          = "1"
      output_artifacts = ["source"]

      configuration = {
        RepositoryName       = aws_codecommit_repository.documents.repository_name
        BranchName           = "main"
        PollForSourceChanges = "false"
      }
    }
  }

  stage {
    name = "Release"

    action {
      name            = "Release"
      category        = "Build"
      owner           = "AWS"
      provider        = "CodeBuild"
      version         = "1"
      input_artifacts = ["source"]

      configuration = {
        ProjectName = aws_codebuild_project.release.name
      }
    }
  }
}

# A push starts the pipeline.

resource "aws_cloudwatch_event_rule" "push" {
  name        = "${var.name}-push"
  description = "Release what is pushed to main"

  event_pattern = jsonencode({
    source      = ["aws.codecommit"]
    detail-type = ["CodeCommit Repository State Change"]
    resources   = [aws_codecommit_repository.documents.arn]
    detail      = { referenceType = ["branch"], referenceName = ["main"] }
  })
}

resource "aws_cloudwatch_event_target" "push" {
  rule     = aws_cloudwatch_event_rule.push.name
  arn      = aws_codepipeline.documents.arn
  role_arn = aws_iam_role.delivery["events"].arn
}
